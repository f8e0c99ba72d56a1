// What compound scaling says.
import { whole } from "../kit/shared.js";

const one = (x) => (x === null ? "none" : x.toFixed(1));

export const words = {
  figure: "Compound scaling",
  mode: "Scale",
  phi: (phi) => `φ = ${phi}`,
  modes: ["all three", "depth", "width", "resolution"],
  asks: ["Twice the work?", "Four times?", "Half a step?", "B7, exactly?"],
  knobs: ["Depth", "Width", "Resolution"],
  greek: ["α", "β", "γ"],
  grips: ["Depth α", "Width β", "Resolution γ", "Budget φ"],
  legend: ["across: blocks", "up: channels", "back: map"],
  zoom: (zoom) => (zoom < 1 ? `drawn 1 : ${1 / zoom}` : ""),
  rail: (i, base, factor, greek) =>
    `${words.knobs[i]}${greek ? ` ${words.greek[i]} = ${+base.toFixed(2)}` : ""}: ${factor}`,
  units: [" blocks", " channels", " pixels"],
  here: (own, unit, name, other) => `${own}${unit}; ${name}: ${other}`,
  product: (product) =>
    `αβ²γ² = ${+product.toFixed(2)}${product === 2 ? "" : Math.abs(product - 2) <= 0.1 ? ", near 2" : ", not 2"}`,
  macs: " multiply-adds",
  parts: "Stages, and published networks",
  stage: (i) => `Stage ${i}`,
  stages: (i, { layers, channels, size, macs }, share) =>
    `Stage ${i}: ${layers} ${layers > 1 ? "blocks" : "block"}, ${channels} channels, maps ${size} × ${size}; ` +
    `${whole(macs)} multiply-adds, ${share}%.`,
  model: (name, macs, steps) =>
    `${name}: ${whole(macs)} multiply-adds. Depth, width, pixels are those of φ = ${steps.map(one).join(", ")}.`,
  said: (macs, share, params, top) =>
    `${whole(macs)} multiply-adds, ${share}% of the budget; ${whole(params)} parameters.` +
    (top ? ` Top-1, Table 7 of the paper: ${top.toFixed(1)}%.` : ""),
  heads: ["stage", "blocks", "channels", "map", "parameters", "multiply-adds"],
  models: [
    "network",
    "depth",
    "width",
    "pixels",
    "parameters",
    "multiply-adds",
    "φ of depth",
    "φ of width",
    "φ of pixels",
  ],
  one,
};
