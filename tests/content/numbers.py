"""Holds the articles to what was measured and computed: each fragment below has to stand in its part.

What was measured lies in the programs of content/ai-demystified/code, beside the code that measures it. To
measure again (half an hour on one core, with NumPy and the package that search/meaning.py names):

    partwork code export ai-demystified/latency-tokens-cost FOLDER
    cd FOLDER && python3 -m small && python3 -m search

and put what differs in FOLDER/small/results and FOLDER/search/results into the states that have those files.
Times differ from machine to machine, losses in the third digit.
"""
import json
import math
import sys
from pathlib import Path

SERIES = Path(__file__).parents[2] / "content/ai-demystified"
sys.dont_write_bytecode = True
sys.path.insert(0, str(SERIES / "code/latency-tokens-cost"))
sys.path.insert(0, str(SERIES / "code/rag"))
from cost import BATCH, LARGE, SMALL, dollars  # noqa: E402
from drawings import SENTENCE, nucleus, result, settings, softmax, tokenizer  # noqa: E402
from search import passages, words  # noqa: E402

MILLION = 1_000_000
missing = []


def says(part, *fragments):
    text = (SERIES / f"{part}.md").read_text()
    missing.extend(f"{part}.md doesn't say {fragment!r}" for fragment in fragments if fragment not in text)


def short(number, places=0):
    """Rounded as in print: halves up, and commas between the thousands."""
    return f"{math.floor(number * 10 ** places + 0.5 + 1e-9) / 10 ** places:,.{places}f}"


def prices():
    rows = {"read": LARGE.read, "stored": LARGE.stored, "known": LARGE.known, "written": LARGE.written}
    says("latency-tokens-cost", *(f"| {name} | {price:.2f} |" for name, price in rows.items()),
         f"nothing shorter than {LARGE.least:,} tokens")


def chat():
    """Ten turns, and the months in which they became twelve and answers grew."""
    def bill(turns, answer=250, thought=0):
        calls = ((1_500 + turn * (100 + answer) + 100, answer) for turn in range(turns))
        return sum(dollars(sent, written, thought=thought) for sent, written in calls)

    ten, twelve = bill(10), bill(12)
    reading = ten - dollars(0, 2_500)
    grown = 1.08 * bill(12, 400) / bill(10, 80)
    says("latency-tokens-cost", f"${short(twelve, 4)} instead of ${short(ten, 4)}, which is {twelve / ten - 1:.0%} more".replace("%", " percent"),
         f"the bill would be {grown:.1f} times as high and not {1.08 * twelve / ten:.1f}",
         f"each of the ten turns are ${bill(10, thought=1_000) - ten:.2f}",
         f"they add ${dollars(3_600, 0):.4f} per question")
    assert f"{reading / ten:.0%}" == "72%"
    says("latency-tokens-cost", "Seventy-two percent of the bill is for reading")


def tickets():
    def row(name, sent, known=0, factor=1.0):
        prices = LARGE.times(factor)
        reading = dollars(sent, 0, known=known, calls=MILLION, prices=prices)
        writing = dollars(0, 60, calls=MILLION, prices=prices)
        return f"| {name} | ${short(reading)} | ${short(writing)} | ${short(reading + writing)} |"

    says("finetuning-vs-prompting", row("prompt", 1_700),
         row("prompt, its fixed part cached at a tenth", 1_700, known=1_400),
         row("tuned model", 450, factor=1.5),
         row("small tuned model at a tenth of the price", 450, factor=0.15))


def steps():
    """A history that is sent again with each step, and summarized past a limit or not."""
    def run(steps, limit, cached):
        total = bill = history = known = 0

        def call(written=0):
            nonlocal total, bill
            total += 3_000 + history
            kept = {"known": known, "stored": 3_000 + history - known} if cached else {}
            bill += dollars(3_000 + history, written, **kept)

        for _ in range(steps):
            call()
            known, history = 3_000 + history, history + 800
            if limit and history > limit:
                call(1_500)
                history, known = 1_500, 3_000
        return total, bill

    for count in (12, 50):
        for name, limit in (("plain", None), ("compacted", 12_000)):
            (total, plain), (_, cached) = (run(count, limit, cached) for cached in (False, True))
            says("ai-agents", f"{count} steps, {name:9} {total:9,} tokens, ${plain:.2f}, cached ${cached:.2f}")


def levers():
    """A million calls a month, and what is done about them."""
    parts = {"instructions, tools, examples": 1_900, "six passages": 2_400, "conversation so far": 1_800,
             "the question": 60}
    say = [f"| {name} | {tokens:,} | ${short(dollars(tokens, 0, calls=MILLION))} |" for name, tokens in parts.items()]

    def bill(fixed=1_900, passages=2_400, history=1_800, answer=350, cached=False, small=0.0, batch=0.0):
        of = {prices: dollars(fixed + passages + history + 60, answer, known=fixed if cached else 0, calls=MILLION,
                              prices=prices) for prices in (LARGE, SMALL)}
        return (of[LARGE] * (1 - small) + of[SMALL] * small) * (1 - batch * BATCH)

    say.append(f"| total | {sum(parts.values()) + 350:,} | ${short(bill())} |")
    pulled, before = {}, bill()
    for name, change in (("shorter answers", {"answer": 150}), ("three passages", {"passages": 1_200}),
                         ("compacted history", {"history": 600}), ("trimmed instructions", {"fixed": 1_400}),
                         ("cached beginning", {"cached": True}), ("half to a small model", {"small": 0.5}),
                         ("a fifth in batches", {"batch": 0.2})):
        pulled |= change
        after = bill(**pulled)
        say.append(f"{name:22} ${after:6,.0f}  saved ${before - after:5,.0f}  alone ${bill() - bill(**change):6,.0f}")
        before = after
    more = bill(**{**pulled, "fixed": 2_000, "small": 0.6})
    say += [f"falls from ${short(before)} to ${short(more)}",
            f"cost at most ${short(600 * LARGE.known)} a month here",
            f"${short(dollars(900, 0, known=900, calls=MILLION))} a month where it was "
            f"${short(dollars(1_400, 0, known=1_400, calls=MILLION))}",
            f"the 69 tokens saved are ${short(dollars(69, 0, calls=MILLION))} a month",
            f"the 19 saved are ${short(dollars(0, 19, calls=MILLION))}"]
    says("token-optimization", *say)


def drawn():
    """Temperature and top-p on the scores of one pass, and what is written at each."""
    look = result("look")
    first, hot = (sorted(softmax(look["scores"], temperature), reverse=True) for temperature in (1, 2))
    ways = [sorted(shares, reverse=True) for shares in settings(look["scores"]).values()]
    others = [sum(shares[7:]) for shares in ways]
    says("what-happens-when-you-ask", f"{len(first)} tokens to choose from", f"prompt is \"{look['prompt']}\"",
         f"The apostrophe has {ways[0][0]:.2f} at temperature 0.5, {ways[1][0]:.2f} at 1 and {ways[2][0]:.2f} at 2; "
         f"{len(first) - 7} other tokens share {others[0]:.2f}, {others[1]:.2f} and {others[2]:.2f}. "
         f"With top-p 0.5, six tokens remain: the apostrophe with {ways[3][0]:.2f}",
         f"hold {others[1] * 100:.0f} percent, none of them with more than {math.ceil(first[7] * 100)}.",
         f"At 2 they hold {others[2] * 100:.0f} percent, at 0.5 only {others[0] * 100:.0f}.",
         f"top-p needs {nucleus(first, 0.9)} tokens at temperature 1 and {nucleus(hot, 0.9)} at 2")
    assert nucleus(first, 0.5) == 6
    part = (SERIES / "what-happens-when-you-ask.md").read_text()
    for temperature, written in look["written"]:
        line = part.split(f"\n{temperature}  ")[1].split("\n")[0]
        if not written.startswith(line) or len(line) < 40:
            missing.append(f"at {temperature} it wrote {written!r}")


def listened():
    weights = result("look")["attention"][1][0]
    to_question = [f"{weights[row][2]:.2f}" for row in (3, 4, 5)]
    says("transformers", f'give "question" {to_question[0]}, {to_question[1]} and {to_question[2]}',
         f"the period gives that {weights[7][6]:.2f}")


def learned():
    """Losses in bytes and in pieces."""
    train, reader = result("train"), result("reader")
    (seen, pieces), (held_bytes, held_pieces) = reader["lengths"]
    last, losses = train[-1], {step: (known, held) for step, known, held in reader["losses"]}
    says("how-ai-learns", f"{256 * 128 + 3 * 12 * 128 ** 2:,} parameters", f"{seen:,} bytes",
         f"its loss is {train[0][2]:.2f}, near the {math.log(256):.2f} of a blind guess",
         f"fall from {train[0][2]:.1f} to {train[1][2]:.1f} within 100 steps",
         f"on learned text is {last[1]:.2f} and on text that was held back {last[2]:.2f}",
         f"held-back text is {last[2]:.2f}", f"a chance of {math.exp(-last[2]) * 100:.0f} percent",
         f"down to {losses[500][1]:.2f} by step 500", f"went from {losses[500][0]:.2f} to {losses[600][0]:.2f}")
    bits = losses[600][1] / math.log(2) * held_pieces / held_bytes
    says("how-ai-reads", f"{seen:,} bytes of text are {pieces:,} tokens, {seen / pieces:.1f} bytes each",
         f"{bits:.2f} bits for each byte of text that it never saw, against {last[2] / math.log(2):.2f}",
         f"has {len(SENTENCE)} characters and {len(tokenizer().encode(SENTENCE))} tokens",
         *(f"`{piece.replace(' ', '␣')}`" for piece in result("look")["pieces"][256:261]))
    assert {" right", " call", " train", " three", " prompt", " token"} < set(result("look")["pieces"])


def views():
    """What more text in view is worth to the small model."""
    measured = result("forget")
    losses = dict(measured["losses"])
    says("why-ai-forgets", f"at {measured['places']:,} places",
         *(f"| {view} | {losses[view]:.2f} |" for view in (1, 4, 16, 64, 128, 192, 256)),
         f"than with two, at {losses[2]:.2f}")


def favorites():
    bands = result("calibration")
    _, second, third, *rest = [(f"{said * 100:.0f}", f"{came * 100:.0f}") for *_, said, came in bands]
    says("why-ai-lies", f"For {sum(band[2] for band in bands):,} tokens",
         f"its favorite {second[0]} percent, it came in {second[1]}; at {third[0]} in {third[1]}, "
         + ", ".join(f"at {said} in {came}" for said, came in rest) + ".")
    assert 0.05 < max(said - came for *_, said, came in bands) < 0.06


def sums():
    direct, in_steps, longer = (dict(points) for points in result("addition").values())
    seen, right = max(longer.items())
    says("how-ai-reasons", f"{15 * 64 + 2 * 12 * 64 ** 2:,} parameters",
         f"is {in_steps[12_800] * 100:.0f} percent after 12,800 exercises, {in_steps[19_200] * 100:.0f} after 19,200 "
         f"and {in_steps[25_600] * 100:.0f} after 25,600. Directly, it is {direct[25_600] * 100:.0f} up to 25,600, "
         f"then {direct[38_400] * 100:.0f} percent at 38,400 and {direct[51_200] * 100:.0f} at 51,200",
         f"as many exercises, {seen:,}, and it gets {right * 100:.0f} percent")


def found():
    """Thirty questions; what BM25 finds is searched again here."""
    passages.CORPUS = SERIES / "code/how-ai-learns/small/corpus.txt"
    texts, asked = passages.passages(), passages.questions()
    places = json.loads((SERIES / "code/rag/search/results/places.json").read_text())
    for (_, question, right), (by_words, *_) in zip(asked, places, strict=True):
        assert words.rank(question, texts).index(right) + 1 == by_words, question
    rows = []
    for column, name in enumerate(("BM25", "all-MiniLM-L6-v2", "both, fused")):
        counts = [sum(row[column] <= 4 for row, ask in zip(places, asked) if ask[0] == kind)
                  for kind in ("name", "other", "same")]
        rows.append(f"| {name} | {' | '.join(map(str, counts))} | {sum(counts)} |")
    among = [sum(row[column] <= 50 for row in places) for column in range(3)]
    says("rag", f"Here are {len(texts)} paragraphs", *rows,
         f"stand {among[0]} of the thirty by words, {among[1]} by meaning and all {among[2]} by both")
    assert [52, 1, 7] in places


def rounded():
    measured = result("quantize")
    losses = dict(measured["losses"])
    steps = {step: held for step, _, held in result("reader")["losses"]}
    assert steps[300] > losses[4] > steps[400] and losses[2] > steps[100]
    columns = 128 + 3 * 9 * 128  # of the vocabulary, and of each layer's tables
    says("choosing-a-model", f"{measured['weights']:,} weights",
         f"the {columns:,} steps of these grids are another {columns * 4 / 1_000:.0f} kB", f"cost {losses[4] - losses[32]:.2f},",
         f"the loss was {steps[100]:.2f}.",
         *(f"| {bits} | {short(measured['weights'] * bits / 8_000)} kB | {loss:.2f} |" for bits, loss in losses.items()))


def kept():
    again, cached = ({row[0]: row[column] for row in result("speed")} for column in (1, 2))
    assert again[1024] / again[256] > 9
    says("latency-tokens-cost", f"it takes {again[1024]:.0f} milliseconds if it reads all of them again, and "
         f"{cached[1024]:.1f} if", f"takes {again[64]:.0f} milliseconds for 64 tokens, {again[256]:.0f} for 256, "
         f"{again[512]:.0f} for 512 and {again[1024]:.0f} for 1,024",
         f"between {min(cached.values()):.1f} and {max(cached.values()):.1f} milliseconds")


for check in (drawn, listened, learned, views, favorites, sums, found, rounded, kept, prices, chat, tickets, steps, levers):
    check()
print("\n".join(missing))
sys.exit(bool(missing))
