from math import comb

def majority_right(p, n):
    """Chance that most of n independent chains are right."""
    need = n // 2 + 1
    return sum(comb(n, k) * p**k * (1 - p)**(n - k)
               for k in range(need, n + 1))

print("chains    p=80%    p=60%    p=40%")
for n in (1, 5, 15, 25):
    row = [f"{majority_right(p, n):6.1%}"
           for p in (0.8, 0.6, 0.4)]
    print(f"{n:6}   {'   '.join(row)}")
