// What each head of the small model listens to, on one sentence: look.py measured it.
const WORDS = ["The","same","question",",","the","same","answer","."];
// By layer, head and token: the weights of the tokens up to this one.
const WEIGHTS = [[[[1.0],[0.015,0.985],[0.0,0.803,0.197],[0.472,0.019,0.396,0.113],[0.928,0.002,0.029,0.04,0.001],[0.001,0.135,0.099,0.0,0.0,0.765],[0.018,0.023,0.2,0.055,0.213,0.077,0.413],[0.596,0.011,0.043,0.163,0.01,0.005,0.055,0.117]],[[1.0],[0.006,0.994],[0.049,0.349,0.602],[0.0,0.0,0.002,0.998],[0.022,0.374,0.407,0.007,0.191],[0.001,0.078,0.015,0.0,0.0,0.906],[0.064,0.01,0.013,0.021,0.486,0.034,0.372],[0.01,0.006,0.07,0.002,0.022,0.001,0.116,0.773]],[[1.0],[0.123,0.877],[0.002,0.879,0.119],[0.0,0.0,0.0,1.0],[0.001,0.0,0.0,0.096,0.903],[0.002,0.01,0.0,0.0,0.007,0.981],[0.0,0.092,0.067,0.064,0.127,0.015,0.636],[0.003,0.0,0.0,0.02,0.003,0.0,0.002,0.972]],[[1.0],[0.749,0.251],[0.097,0.657,0.246],[0.128,0.013,0.243,0.616],[0.008,0.018,0.009,0.067,0.898],[0.005,0.109,0.016,0.0,0.0,0.87],[0.017,0.353,0.312,0.0,0.0,0.122,0.196],[0.0,0.0,0.0,0.056,0.0,0.0,0.0,0.943]]],[[[1.0],[0.025,0.975],[0.001,0.066,0.933],[0.0,0.01,0.986,0.003],[0.001,0.022,0.948,0.009,0.021],[0.003,0.008,0.669,0.118,0.007,0.195],[0.002,0.015,0.393,0.006,0.0,0.056,0.527],[0.005,0.01,0.003,0.003,0.005,0.265,0.7,0.008]],[[1.0],[0.003,0.997],[0.0,0.051,0.949],[0.0,0.007,0.985,0.008],[0.0,0.0,0.002,0.005,0.993],[0.0,0.0,0.0,0.0,0.037,0.963],[0.0,0.0,0.0,0.0,0.0,0.823,0.177],[0.001,0.004,0.001,0.0,0.002,0.01,0.005,0.977]],[[1.0],[0.943,0.057],[0.399,0.543,0.058],[0.206,0.661,0.118,0.015],[0.045,0.049,0.019,0.044,0.844],[0.023,0.021,0.006,0.034,0.837,0.078],[0.001,0.002,0.001,0.004,0.509,0.435,0.049],[0.035,0.015,0.002,0.021,0.717,0.096,0.012,0.101]],[[1.0],[0.224,0.776],[0.0,0.019,0.981],[0.07,0.063,0.859,0.007],[0.083,0.062,0.321,0.279,0.255],[0.0,0.001,0.084,0.016,0.039,0.861],[0.0,0.0,0.0,0.0,0.002,0.016,0.983],[0.147,0.044,0.354,0.02,0.19,0.074,0.159,0.012]]],[[[1.0],[0.161,0.839],[0.029,0.608,0.363],[0.002,0.125,0.87,0.003],[0.019,0.091,0.606,0.222,0.062],[0.017,0.006,0.011,0.012,0.201,0.754],[0.001,0.004,0.009,0.0,0.008,0.871,0.107],[0.015,0.008,0.093,0.001,0.014,0.449,0.413,0.006]],[[1.0],[0.861,0.139],[0.328,0.27,0.402],[0.328,0.103,0.133,0.436],[0.18,0.039,0.035,0.031,0.714],[0.009,0.001,0.005,0.737,0.245,0.004],[0.0,0.0,0.0,0.982,0.017,0.0,0.001],[0.328,0.212,0.268,0.014,0.093,0.073,0.004,0.008]],[[1.0],[0.367,0.633],[0.055,0.921,0.024],[0.08,0.073,0.011,0.836],[0.071,0.059,0.121,0.645,0.103],[0.013,0.016,0.034,0.618,0.198,0.122],[0.038,0.003,0.0,0.252,0.627,0.079,0.001],[0.121,0.083,0.12,0.335,0.13,0.037,0.008,0.166]],[[1.0],[0.026,0.974],[0.0,0.053,0.947],[0.001,0.05,0.938,0.011],[0.4,0.132,0.13,0.121,0.217],[0.016,0.126,0.187,0.035,0.024,0.612],[0.0,0.001,0.002,0.001,0.0,0.006,0.99],[0.206,0.056,0.091,0.024,0.531,0.049,0.023,0.019]]]];

// Kept when the page draws anew.
let layer = 1;
let head = 0;
let token = 5;

export default (element, { colors, language }) => {
  const number = (weight) => weight.toLocaleString(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const label = document.createElement('label');
  const choice = document.createElement('select');
  WEIGHTS.forEach((heads, l) => heads.forEach((_, h) => choice.add(new Option(`layer ${l + 1}, head ${h + 1}`, `${l} ${h}`))));
  choice.value = `${layer} ${head}`;
  choice.style.cssText = `margin-inline-start: 0.5em; padding: 0.3em; font: inherit; color: ${colors.ink};
    background: ${colors.paper}; border: 1px solid ${colors.muted}`;
  label.append('Head', choice);
  const help = document.createElement('p');
  help.textContent = 'Choose the token that listens:';
  help.style.cssText = `margin: 0.5em 0 0.3em; color: ${colors.muted}`;
  const says = document.createElement('output');
  says.style.cssText = `display: block; margin-block-start: 0.5em; color: ${colors.muted}`;

  const rows = WORDS.map((word, n) => {
    const row = document.createElement('div');
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: `${n + 1} ${word}` });
    const bar = document.createElement('span');
    const value = document.createElement('span');
    row.style.cssText = 'display: flex; align-items: center; gap: 0.6em; margin-block: 3px';
    button.style.cssText = `flex: none; inline-size: 7.5em; padding: 0.25em 0.5em; text-align: start; font: inherit;
      color: ${colors.ink}; background: ${colors.tint}; border: 2px solid ${colors.line}; cursor: pointer`;
    bar.style.cssText = `flex: none; block-size: 0.9em; background: ${colors.accent}`;
    button.addEventListener('click', () => { token = n; show(); });
    row.append(button, bar, value);
    return { row, button, bar, value };
  });

  function show() {
    [layer, head] = choice.value.split(' ').map(Number);
    const weights = WEIGHTS[layer][head][token];
    rows.forEach(({ button, bar, value }, n) => {
      button.setAttribute('aria-pressed', n === token);
      button.style.borderColor = n === token ? colors.second : colors.line;
      bar.style.inlineSize = `calc((100% - 12em) * ${weights[n] ?? 0})`;
      value.textContent = n > token ? '' : number(weights[n]);
    });
    const most = weights.indexOf(Math.max(...weights));
    says.textContent = `Token ${token + 1}, ${WORDS[token]}, listens most to token ${most + 1}, ${WORDS[most]}: ${number(weights[most])}.`;
  }

  choice.addEventListener('change', show);
  element.style.fontSize = '0.9em';
  element.append(label, help, ...rows.map(({ row }) => row), says);
  show();
};
