runs = {  # right of 40, dollars for 1,000 calls (assumed prices)
    "frontier": (39, 9.00),
    "mid-size": (37, 1.50),
    "small": (31, 0.15),
    "small + examples": (37, 0.22),
}
for name, (right, price) in runs.items():
    per_right = price / right * 40
    print(f"{name:17}{right / 40:.1%}  ${price:.2f}"
          f"  ${per_right:.2f} per 1,000 right")
