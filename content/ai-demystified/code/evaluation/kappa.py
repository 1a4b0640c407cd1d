def kappa(both_good, only_judge, only_you, both_bad):
    n = both_good + only_judge + only_you + both_bad
    agree = (both_good + both_bad) / n
    judge = (both_good + only_judge) / n
    you = (both_good + only_you) / n
    chance = judge * you + (1 - judge) * (1 - you)
    return agree, (agree - chance) / (1 - chance)

judges = {"yes to everything": (32, 8, 0, 0),
          "careful": (30, 2, 2, 6)}
for name, counts in judges.items():
    agree, k = kappa(*counts)
    caught = counts[3] / (counts[1] + counts[3])
    print(f"{name:17} agrees {agree:.0%}, kappa {k:.2f}, "
          f"catches {caught:.0%} of the bad")
