times = sorted([2.1, 1.9, 2.4, 2.2, 9.8, 2.0, 2.3, 2.6, 1.8, 2.2,
                2.5, 2.1, 11.4, 2.0, 2.3, 2.2, 1.9, 2.4, 2.1, 2.7])

def percentile(p):
    place = max(0, round(p / 100 * len(times)) - 1)
    return times[place]

mean = sum(times) / len(times)
print(f"mean {mean:.2f} s, median {percentile(50)} s,"
      f" 95th {percentile(95)} s")
