from math import comb

runs = {            # one digit per test case: 1 right, 0 wrong
    "today's prompt": "11101101110110111010",
    "new wording":    "11111101110010111111",
    "two examples":   "11111111110111111111",
}

def compare(old, new):
    fixed = sum(o < n for o, n in zip(old, new))
    broken = sum(o > n for o, n in zip(old, new))
    n = fixed + broken    # cases where the two prompts differ
    tail = sum(comb(n, k) for k in range(min(fixed, broken) + 1))
    return fixed, broken, min(1.0, 2 * tail / 2**n)

old = runs["today's prompt"]
for name in ("new wording", "two examples"):
    fixed, broken, luck = compare(old, runs[name])
    before, after = old.count("1"), runs[name].count("1")
    print(f"{name:12} {before} -> {after} of 20, "
          f"fixed {fixed}, broke {broken}, by luck: {luck:.0%}")
