by_words = ["error-4012", "timeouts", "retries"]
by_meaning = ["backoff", "retries", "error-4012"]

def fused(*rankings, k=60):
    score = {}
    for ranking in rankings:
        for place, name in enumerate(ranking, start=1):
            score[name] = score.get(name, 0) + 1 / (k + place)
    return sorted(score.items(), key=lambda item: -item[1])

for name, value in fused(by_words, by_meaning):
    print(f"{value:.4f}  {name}")
