// What every figure says.
export const words = {
  interactive: (figure) => `${figure}, interactive`,
  data: "The data",
  stopped: (reason) => `This figure has stopped (${reason}). Load the page again to restart it.`,
  play: "Play",
  pause: "Pause",
  step: "Step",
  again: "Draw again",
};
