"""Draws what was measured, and compares it with the drawings of the articles; UPDATE=1 writes them."""
import importlib.util
import json
import math
import os
import re
import sys
from html import escape
from pathlib import Path

SERIES = Path(__file__).parents[2] / "content/ai-demystified"
sys.dont_write_bytecode = True
sys.path.insert(0, str(SERIES / "code/what-happens-when-you-ask"))
from small.sampling import nucleus, softmax  # noqa: E402

SENTENCE = "The unbelievable model reads pieces, not letters."
ACCENT, SECOND = "var(--accent, #1e52a1)", "var(--second, #b12a0e)"
LINE, MUTED = "var(--line, #d5d5cf)", "var(--muted, #595c63)"
# Behind a picture that stands by itself, where nothing tells light from dark.
PAPER = "#fdfdfb"
WIDTH = 340


def result(name):
    (path,) = SERIES.glob(f"code/*/small/results/{name}.json")
    return json.loads(path.read_text())


def svg(height, title, description, shapes):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif">'
    words = f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>"
    return "\n".join([head, words, '<g font-size="14" fill="currentColor">', *shapes, "</g>", "</svg>", ""])


def text(x, y, words, **look):
    look = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in look.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{look}>{escape(str(words))}</text>'


def box(x, y, width, height, **look):
    look = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in look.items())
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{look}/>'


def curves(title, description, lines, across, up):
    """Lines over axes. A line is its points, its name, and where that stands; an axis, its ticks and its name."""
    left, right, top, bottom = 44, 314, 34, 226
    (low, high), (least, most) = ((axis[0][0][0], axis[0][-1][0]) for axis in (across, up))

    def at(x, y):
        return left + (x - low) / (high - low) * (right - left), bottom - (y - least) / (most - least) * (bottom - top)

    shapes = [text(4, 16, up[1])]
    for value, label in up[0]:
        y = at(low, value)[1]
        shapes += [f'<path d="M{left} {y:.1f}H{right}" stroke="{LINE}"/>',
                   text(left - 6, y + 5, label, text_anchor="end")]
    for value, label in across[0]:
        shapes.append(text(at(value, least)[0], bottom + 20, label, text_anchor="middle"))
    looks = ({"stroke": ACCENT}, {"stroke": SECOND, "stroke-dasharray": "7 4"})
    for (points, name, place), look in zip(lines, looks):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
        look_of = "".join(f' {key}="{value}"' for key, value in look.items())
        shapes += [f'<polyline points="{path}" fill="none" stroke-width="3"{look_of}/>',
                   text(*at(*place), name, fill=look["stroke"], font_weight="700")]
    shapes.append(text((left + right) / 2, bottom + 42, across[1], text_anchor="middle", fill=MUTED))
    return svg(bottom + 52, title, description, shapes)


def top(shares, share):
    """Only the most probable ones that hold this share together, made 1 again."""
    kept = sorted(range(len(shares)), key=lambda place: -shares[place])[:nucleus(shares, share)]
    held = sum(shares[place] for place in kept)
    return [shares[place] / held if place in kept else 0.0 for place in range(len(shares))]


def settings(scores):
    """What a reader can choose in the drawing of temperature, with the chances that it gives."""
    return {"temperature 0.5": softmax(scores, 0.5), "temperature 1": softmax(scores),
            "temperature 2": softmax(scores, 2), "top-p 0.5": top(softmax(scores), 0.5)}


def temperature():
    look = result("look")
    scores = look["scores"]
    shown = sorted(range(len(scores)), key=lambda place: -scores[place])[:7]
    rows = [(look["pieces"][place].strip(), [place]) for place in shown]
    rows.append((f"{len(scores) - len(shown)} others", [place for place in range(len(scores)) if place not in shown]))
    first, high = 58, 38
    shapes = [text(0, first + n * high, name) for n, (name, _) in enumerate(rows)]
    shapes += [f'<path d="M0 {first + n * high + 16}H{WIDTH}" stroke="{LINE}"/>' for n in range(len(rows))]
    for column, (name, shares) in enumerate(settings(scores).items()):
        x = 148 + column * 64
        kind, value = name.split()
        shapes += [f'<g data-state="{name}">', text(x, 16, kind.replace("temperature", "temp."), text_anchor="end", fill=MUTED),
                   text(x, 34, value, text_anchor="end", font_weight="700")]
        for n, (_, places) in enumerate(rows):
            share = sum(shares[place] for place in places)
            y = first + n * high
            shapes += [text(x, y, f"{share:.2f}" if share else "–", text_anchor="end"),
                       box(0, y + 6, share * WIDTH, 9, fill=ACCENT, fill_opacity="0.45")]
        shapes.append("</g>")
    return svg(first + len(rows) * high - 12, "One list of scores, drawn from in four ways",
               "The chances of the tokens after “What the model” at temperatures 0.5, 1 and 2, and with top-p 0.5. "
               "The lower the temperature, the more the first one gets; top-p leaves six tokens and nothing else.", shapes)


def losses():
    record = result("train")
    return curves("The loss during training",
                  "The loss falls from 5.5 steeply at first and ever more slowly. On the text that is held back it stays "
                  "a little above the loss on the text that is learned.",
                  [([(step, held) for step, _, held in record], "held back", (300, 2.05)),
                   ([(step, seen) for step, seen, _ in record], "learned", (60, 1.35))],
                  ([(step, f"{step}") for step in (0, 200, 400, 600)], "steps of training"),
                  ([(loss, f"{loss}") for loss in (1, 2, 3, 4, 5, 6)], "loss"))


def calibration():
    bands = result("calibration")
    points = [(said, came) for _, _, _, said, came in bands]
    return curves("What was said and what came",
                  "Seven points for bands of the chance that the model gave to its favorite, from 7 to 96 percent. They "
                  "lie near the diagonal, all but the last a little below it.",
                  [(points, "measured", (0.52, 0.36)), ([(0, 0), (1, 1)], "just as said", (0.30, 0.62))],
                  ([(share / 100, f"{share}%") for share in (0, 25, 50, 75, 100)], "chance given to the favorite"),
                  ([(share / 100, f"{share}") for share in (0, 25, 50, 75, 100)], "percent in which it came"))


def addition():
    record = result("addition")
    line = {name: [(0, 0), *((seen, right * 100) for seen, right in points)] for name, points in record.items()}
    return curves("Sums of two numbers of four digits",
                  "With written steps, the share of right sums goes from none after 6,400 exercises to 97 percent after "
                  "19,200. Without them it stays at none up to 25,600 and reaches 38 percent after 51,200.",
                  [(line["in_steps"], "in steps", (21_500, 88)), (line["direct"], "directly", (29_000, 42))],
                  ([(seen, f"{seen:,}") for seen in (0, 16_000, 32_000, 48_000)] + [(51_200, "")], "exercises seen"),
                  ([(share, f"{share}") for share in (0, 25, 50, 75, 100)], "percent right"))


def speed():
    record = result("speed")
    most = 100 * math.ceil(max(again for _, again, _ in record) / 100)
    return curves("Milliseconds for the next token",
                  "Reading everything again takes longer and longer as the text grows. With the keys and values kept, "
                  "the next token takes about as long at 1,024 tokens in view as at 64.",
                  [([(length, kept) for length, _, kept in record], "kept", (860, most * 0.06)),
                   ([(length, again) for length, again, _ in record], "all again", (440, most * 0.62))],
                  ([(length, f"{length:,}") for length in (0, 256, 512, 768, 1024)], "tokens in view"),
                  ([(most * part // 4, f"{most * part // 4}") for part in range(5)], "milliseconds"))


def heads():
    """All heads small, and below them one of them large."""
    look = result("look")
    words = [piece.strip() for piece in look["sentence"]]
    cell, step = 9, 84
    shapes = [box(0, 0, WIDTH, 600, fill=PAPER)]

    def panel(x, y, size, weights):
        many = len(weights)
        shapes.append(box(x, y, many * size, many * size, fill="none", stroke=LINE))
        shapes.extend(box(x + j * size, y + i * size, size, size, fill=ACCENT, fill_opacity=f"{weight:.2f}")
                      for i, row in enumerate(weights) for j, weight in enumerate(row[:i + 1]) if weight >= 0.05)

    for layer, of_layer in enumerate(look["attention"]):
        for head, weights in enumerate(of_layer):
            x, y = 6 + head * step, 24 + layer * 104
            shapes.append(text(x, y - 6, f"{layer + 1}.{head + 1}", fill=MUTED))
            panel(x, y, cell, weights)
    layer, head, size, left, y = 1, 0, 27, 94, 372
    chosen = look["attention"][layer][head]
    shapes += [box(6 + head * step - 2, 24 + layer * 104 - 2, 8 * cell + 4, 8 * cell + 4, fill="none", stroke=SECOND, stroke_width="2"),
               text(6, y - 26, f"head {layer + 1}.{head + 1}", font_weight="700", fill=SECOND)]
    panel(left, y, size, chosen)
    for n, word in enumerate(words):
        shapes += [text(left - 8, y + n * size + 18, f"{word}  {n + 1}", text_anchor="end"),
                   text(left + n * size + size / 2, y - 8, n + 1, text_anchor="middle")]
    return svg(600, "Twelve heads on one sentence",
               "Twelve squares of eight rows and columns, one for each head of three layers: a row is a token, and its "
               "cells are the tokens that it listens to. Enlarged, the first head of layer 2: the second “same” listens "
               f"to “question” with {chosen[5][2]:.2f}.", shapes)


def tokenizer():
    """As learned in the part on reading."""
    path = SERIES / "code/how-ai-reads/small/tokenizer.py"
    module = importlib.util.module_from_spec(spec := importlib.util.spec_from_file_location("tokenizer", path))
    spec.loader.exec_module(module)
    learned = module.Tokenizer()
    for new, pair in enumerate(result("look")["merges"], 256):
        learned.rank[tuple(pair)] = new
        learned.pieces.append(learned.pieces[pair[0]] + learned.pieces[pair[1]])
    return learned


def pieces():
    """One sentence, cut."""
    learned = tokenizer()
    ids = learned.encode(SENTENCE)
    shapes, x, y = [text(8, 22, f"{len(SENTENCE)} characters, {len(ids)} tokens", fill=MUTED)], 8, 36
    for piece in ids:
        words = learned.decode([piece]).replace(" ", "␣")
        wide = max(len(words) * 9, 24) + 8
        if x + wide > WIDTH - 4:
            x, y = 8, y + 54
        shapes += [box(x, y, wide, 44, fill="#ecebe6"), box(x, y + 41, wide, 3, fill=ACCENT if piece > 255 else LINE),
                   text(x + wide / 2, y + 18, words, text_anchor="middle", font_family="ui-monospace, monospace"),
                   text(x + wide / 2, y + 36, piece, text_anchor="middle", font_size="13", fill=MUTED)]
        x += wide + 4
    return svg(y + 56, "A sentence in pieces",
               f"“{SENTENCE}” cut into {len(ids)} pieces, each with its number. Common words are one piece; "
               "“unbelievable” is several.", [box(0, 0, WIDTH, y + 56, fill=PAPER), *shapes])


def constants(module, values):
    """The module with what was measured in its constants."""
    def filled():
        code = (SERIES / module).read_text()
        for name, value in values().items():
            value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            code = re.sub(rf"^const {name} = .*;$", lambda _: f"const {name} = {value};", code, flags=re.M)
        return code
    return filled


def weights():
    look = result("look")
    return {"WORDS": [piece.strip() for piece in look["sentence"]],
            "WEIGHTS": [[[row[:n + 1] for n, row in enumerate(head)] for head in layer] for layer in look["attention"]]}


DRAWINGS = {
    "how-ai-reads/words.svg": pieces,
    "how-ai-reads/tokenizer.js": constants("how-ai-reads/tokenizer.js", lambda: {"SENTENCE": SENTENCE, "MERGES": result("look")["merges"]}),
    "transformers/heads.js": constants("transformers/heads.js", weights),
    "what-happens-when-you-ask/temperature.svg": temperature,
    "transformers/heads.svg": heads,
    "how-ai-learns/losses.svg": losses,
    "why-ai-lies/calibration.svg": calibration,
    "how-ai-reasons/addition.svg": addition,
    "latency-tokens-cost/speed.svg": speed,
}

if __name__ == "__main__":
    other = []
    for name, draw in DRAWINGS.items():
        path, drawn = SERIES / name, draw()
        if os.environ.get("UPDATE"):
            path.write_text(drawn)
        elif not path.exists() or path.read_text() != drawn:
            other.append(f"{name} isn't what was measured; UPDATE=1 {sys.argv[0]} draws it again")
    print("\n".join(other))
    sys.exit(bool(other))
