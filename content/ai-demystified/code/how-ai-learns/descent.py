w, rate = 0.0, 0.1
for step in range(1, 21):
    x, truth = 2.0, 6.0
    slope = 2 * (w * x - truth) * x
    w -= rate * slope
    if step in (1, 2, 5, 20):
        error = abs(w * x - truth)
        print(f"step {step:2}: w = {w:.4f}, error = {error:.4f}")
