from math import comb, sqrt

def wilson(right, n, z=1.96):
    middle = (right + z * z / 2) / (n + z * z)
    root = sqrt(right * (n - right) / n + z * z / 4)
    half = z / (n + z * z) * root
    return middle - half, middle + half

def by_luck(fixed, broken):
    n, k = fixed + broken, min(fixed, broken)
    tail = sum(comb(n, i) for i in range(k + 1))
    return min(1, 2 * tail / 2 ** n)

for right, n in [(46, 50), (43, 50), (460, 500)]:
    low, high = wilson(right, n)
    print(f"{right}/{n}: {right / n:.0%}, "
          f"between {low:.0%} and {high:.0%}")
for fixed, broken in [(4, 1), (9, 1)]:
    luck = by_luck(fixed, broken)
    print(f"{fixed} fixed, {broken} broken: "
          f"by luck in {luck:.0%} of cases")
