"""The loop learns where it can, sees where it cannot, repeats itself to the bit, and leaves the caller's state alone."""

import contextlib

import pytest
import torch
from torch import nn

from lightnets_edu import training
from lightnets_edu.data import Images, digits
from lightnets_edu.training import FULL, Run, Spread, accuracy, fit, repeat, seeds

OPTIONS = {"epochs": 4, "batch": 32, "lr": 0.1, "progress": False}


@pytest.fixture(autouse=True)
def two_threads():
    """The caller has two: what happens inside takes one all the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def halves():
    train, test = digits(8)
    return train.take(40), test.take(20)


def tiny() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(0.1), nn.Linear(128, 10)
    )


class NoGradients(nn.Module):
    """Broken: nothing it computes depends on a weight."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 10)

    def forward(self, x):
        return 0 * self.layer(x.flatten(1))


def weights(model: nn.Module) -> list[list[float]]:
    return [p.flatten().tolist() for p in model.parameters()]


def test_the_loss_falls_and_most_digits_are_read(halves):
    found = repeat(tiny, *halves, **OPTIONS)
    assert len(found.runs) == 3
    assert found.low <= found.mean <= found.high
    assert found.low > 0.75
    for run in found.runs:
        assert len(run.losses) == 4
        assert run.losses[-1] < run.losses[0] / 2
        assert run.seconds > 0


def test_a_network_without_gradients_is_seen_not_to_learn(halves):
    found = repeat(NoGradients, *halves, **OPTIONS)
    assert found.high <= 0.101
    assert found.runs[0].losses == pytest.approx([2.302585] * 4)


def test_a_seed_repeats_to_the_last_bit_and_another_does_not(halves):
    first, again, other = (repeat(tiny, *halves, seeds=[seed], **OPTIONS).runs[0] for seed in (3, 3, 4))
    assert first.losses == again.losses
    assert first.accuracy == again.accuracy
    assert first.losses != other.losses


def test_a_seed_means_the_same_alone_and_in_company(halves):
    alone, company = repeat(tiny, *halves, seeds=[1], **OPTIONS), repeat(tiny, *halves, seeds=[0, 1], **OPTIONS)
    assert alone.runs[0].losses == company.runs[1].losses


def test_the_seed_of_fit_mixes_the_batches_and_not_the_weights(halves):
    torch.manual_seed(0)
    start = tiny().state_dict()
    runs = []
    for seed in (0, 0, 1):
        model = tiny()
        model.load_state_dict(start)
        runs.append((fit(model, *halves, seed=seed, **OPTIONS).losses, weights(model)))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def state() -> tuple:
    return (
        torch.get_num_threads(), torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled(),
        torch.is_grad_enabled(), torch.backends.cudnn.benchmark, torch.get_rng_state().tolist(),
    )


def test_global_state_stays_the_callers(halves):
    before = state()
    repeat(tiny, *halves, **OPTIONS | {"epochs": 1})
    assert state() == before
    with pytest.raises(ValueError, match="diverged"):
        fit(tiny(), *halves, **OPTIONS | {"lr": 1e30})
    torch.set_rng_state(torch.tensor(before[-1], dtype=torch.uint8))
    assert state() == before


def test_one_thread_inside_and_after_an_error_the_callers(halves):
    seen = []

    def watched():
        seen.append(torch.get_num_threads())
        model = tiny()
        model.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
        model[0].weight.register_hook(lambda _: seen.append(torch.get_num_threads()))
        return model

    repeat(watched, *halves, **OPTIONS | {"epochs": 1})
    accuracy(watched(), halves[1])
    assert len(seen) > 30 and seen.count(2) == 1, "all but the model that is built out here"
    for wrong in (OPTIONS | {"lr": 1e30}, OPTIONS | {"progress": True, "epochs": 0}):
        with pytest.raises(ValueError):
            fit(tiny(), *halves, **wrong)
    with pytest.raises(ValueError):
        accuracy(nn.Conv2d(1, 10, 3), halves[1])
    assert torch.get_num_threads() == 2


def wide() -> nn.Module:
    """Large enough for two threads to share its sums, which then come out otherwise."""
    return nn.Sequential(nn.Conv2d(1, 64, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.Flatten(), nn.Linear(64 * 36, 10))


def test_the_callers_threads_change_no_bit(halves):
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        spread = repeat(wide, *halves, seeds=[0], **OPTIONS)
        found.append((spread.runs[0].losses, spread.runs[0].accuracy, torch.get_num_threads()))
    assert found[0] == (*found[1][:2], 1) and found[1][2] == 2


def test_without_it_they_would(halves, monkeypatch):
    """The comparison above can fail."""
    monkeypatch.setattr(training, "one_thread", contextlib.nullcontext)
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        found.append(repeat(wide, *halves, seeds=[0], **OPTIONS | {"epochs": 1}).runs[0].losses)
    assert found[0] != found[1]


def test_fit_trains_where_gradients_are_off_and_ends_in_evaluation_mode(halves):
    model = tiny().eval()
    before = weights(model)
    with torch.no_grad():
        run = fit(model, *halves, **OPTIONS)
    assert not model.training
    assert weights(model) != before
    assert run.accuracy == accuracy(model, halves[1])


def test_every_training_step_is_taken_in_training_mode(halves):
    modes = []
    model = tiny()
    model.register_forward_hook(lambda module, *_: modes.append(module.training))
    fit(model, *halves, **OPTIONS | {"epochs": 2, "batch": 150})    # 400 images: 2 whole batches, 100 left out
    assert modes == [True] * 4 + [False]


def test_a_batch_larger_than_the_data_is_all_of_them(halves):
    assert len(fit(tiny(), *halves, **OPTIONS | {"batch": 10_000}).losses) == 4


def test_accuracy_counts(halves):
    sevens = nn.Linear(1, 10)
    with torch.no_grad():
        sevens.weight.zero_()
        sevens.bias.copy_((torch.arange(10) == 7).float())
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), sevens)
    assert accuracy(model, halves[1]) == pytest.approx(0.1)
    only = halves[1].y == 7
    assert accuracy(model, Images(halves[1].x[only], halves[1].y[only])) == 1.0


def test_a_few_seeds_of_many(monkeypatch):
    monkeypatch.delenv(FULL, raising=False)
    assert list(seeds(3, of=30)) == [0, 1, 2]
    monkeypatch.setenv(FULL, "1")
    assert seeds(3, of=30) == range(30)
    for few, of in [(0, 5), (3, 2), (1.5, 3), (2, None)]:
        with pytest.raises(ValueError, match=r"seeds takes a few of many, such as seeds\(3, of=30\), got"):
            seeds(few, of)


def test_spread_in_words():
    run = Run(0.5, (1.0,), 1.0)
    assert Spread(0.912, 0.9, 0.92, (run, run)).accuracies == [0.5, 0.5]
    assert str(Spread(0.912, 0.9, 0.92, (run,))) == "91.2% (90.0% to 92.0%)"


@pytest.mark.parametrize(("progress", "shown"), [(None, False), (True, True), (False, False)])
def test_the_bar_is_for_people_and_never_on_stderr(halves, capsys, progress, shown):
    fit(tiny(), *halves, epochs=1, progress=progress)
    out, err = capsys.readouterr()
    assert err == ""
    assert ("epoch" in out) == shown


def relabelled(images: Images, label: int) -> Images:
    return Images(images.x, torch.full_like(images.y, label))


@pytest.mark.parametrize(("change", "message"), [
    ({"model": "net"}, "expected a network .an nn.Module instance., got str"),
    ({"model": nn.Flatten()}, "no parameters to train"),
    ({"model": nn.Conv2d(1, 10, 3)}, r"scores of shape \(64, classes\), got \(64, 10, 6, 6\)"),
    ({"model": nn.Sequential(nn.Flatten(), nn.Linear(64, 4))}, "scores 4 classes, but the labels go from 0 to 9"),
    ({"train": "digits"}, r"train must be Images\(x, y\), got str"),
    ({"test": Images(torch.zeros(0, 1, 8, 8), torch.zeros(0, dtype=torch.int64))}, "test holds no images"),
    ({"epochs": 0}, "epochs must be a positive whole number, got 0"),
    ({"batch": 1.5}, "batch must be a positive whole number, got 1.5"),
    ({"lr": -0.1}, "lr must be a positive number, got -0.1"),
    ({"lr": float("nan")}, "lr must be a positive number, got nan"),
    ({"lr": 1e30}, r"the loss is \w+ in epoch \d: training diverged; try lr below 1e\+30"),
])
def test_fit_refuses(halves, change, message):
    arguments = {"model": tiny(), "train": halves[0], "test": halves[1], "epochs": 2, "progress": False} | change
    with pytest.raises(ValueError, match=message):
        fit(**arguments)


@pytest.mark.parametrize("label", [-1, 10])
def test_labels_without_a_score(halves, label):
    with pytest.raises(ValueError, match=f"scores 10 classes, but the labels go from {label} to {label}"):
        fit(tiny(), relabelled(halves[0], label), halves[1], progress=False)


def test_repeat_refuses(halves):
    model = tiny()
    for build, chosen, message in [
        (tiny, (), "at least one seed"),
        (model, (0,), "build must be a function"),
        (lambda: model, (0, 1), "the same network twice"),
    ]:
        with pytest.raises(ValueError, match=message):
            repeat(build, *halves, seeds=chosen, **OPTIONS)
