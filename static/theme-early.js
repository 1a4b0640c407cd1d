// Before the first paint: the reader's choice of light or dark, if there is one.
try {
  const choice = JSON.parse(localStorage.getItem('partwork:theme'));
  if (choice === 'light' || choice === 'dark') document.documentElement.dataset.theme = choice;
} catch {
  // No storage, no choice.
}
