"""Holds the articles to what was measured and computed: each fragment below has to stand in its part.

What was measured lies in `small/results/` of the programs in content/ai-demystified/code, beside the code
that measures it. To measure it again (half an hour on one core, with NumPy):

    partwork code export ai-demystified/latency-tokens-cost FOLDER
    cd FOLDER && python3 -m small

and put what then differs in FOLDER/small/results into the states that have those files.
"""
import json
import math
import sys
from pathlib import Path

SERIES = Path(__file__).parents[2] / "content/ai-demystified"
sys.path.insert(0, str(SERIES / "code/latency-tokens-cost"))
sys.dont_write_bytecode = True
from cost import BATCH, LARGE, SMALL, dollars  # noqa: E402

MILLION = 1_000_000
missing = []


def result(name):
    (path,) = SERIES.glob(f"code/*/small/results/{name}.json")
    return json.loads(path.read_text())


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
            bill += dollars(3_000 + history, written, known=known if cached else 0)

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


def views():
    """What more text in view is worth to the small model."""
    measured = result("forget")
    losses = dict(measured["losses"])
    says("why-ai-forgets", f"at {measured['places']:,} places",
         *(f"| {view} | {losses[view]:.2f} |" for view in (1, 4, 16, 64, 128, 192, 256)),
         f"than with two, at {losses[2]:.2f}")


for check in (views, prices, chat, tickets, steps, levers):
    check()
print("\n".join(missing))
sys.exit(bool(missing))
