import re

passages = {
    1: "Up to five days of unused leave carry over into the next"
       " calendar year and lapse on March 31.",
    2: "Leave is 28 days a year, pro rata in the first year.",
}
answer = ("You carry over up to five days [1]."
          " They lapse on April 30 [1]."
          " The first year earns 2.5 days a month [2]."
          " The rest is paid out [3]. Ask early.")

def figures(text):
    return re.findall(r"\d+(?:[.,]\d+)*", text)

for claim in re.split(r"(?<=[.!?])\s+", answer):
    cited = [int(n) for n in re.findall(r"\[(\d+)\]", claim)]
    text = re.sub(r"\s*\[\d+\]", "", claim)
    sources = [passages[n] for n in cited if n in passages]
    known = figures(" ".join(sources))
    strange = [n for n in figures(text) if n not in known]
    verdict = f"not in it: {strange}" if strange else "ok"
    if len(sources) < len(cited):
        verdict = "no such passage"
    if not cited:
        verdict = "no passage named"
    print(f"{verdict:20} {text}")
