// Byte-pair encoding in the browser, with the merges that tokenizer.py counted on this series.
const SENTENCE = "The unbelievable model reads pieces, not letters.";
const MERGES = [[32,116],[32,97],[256,104],[32,105],[258,101],[32,111],[101,114],[32,115],[32,119],[101,115],[110,100],[32,99],[97,116],[101,110],[111,117],[114,101],[32,102],[105,110],[32,112],[32,109],[111,110],[111,114],[257,266],[32,98],[32,108],[256,111],[261,102],[116,104],[10,10],[259,116],[261,110],[259,115],[101,108],[32,100],[32,104],[111,109],[32,110],[259,110],[97,110],[101,100],[97,114],[273,103],[111,100],[258,268],[97,115],[264,104],[108,108],[105,276],[99,104],[32,121],[32,101],[305,270],[115,116],[46,284],[101,99],[111,119],[116,115],[298,288],[84,104],[275,313],[264,105],[257,110],[262,115],[32,271],[269,116],[97,121],[97,109],[286,101],[114,105],[101,116],[272,277],[316,283],[108,101],[272,105],[99,101],[274,114],[32,103],[314,101],[32,65],[117,116],[265,116],[257,115],[118,101],[32,114],[97,100],[115,101],[279,101],[107,269],[118,262],[267,104],[113,117],[99,116],[97,273],[263,116],[111,271],[97,108],[281,343],[103,104],[101,120],[257,116],[115,119],[105,116],[105,115],[32,117],[317,356],[117,109],[267,291],[267,294],[32,73],[301,268],[264,277],[32,346],[292,111],[290,97],[256,119],[103,101],[97,304],[272,114],[354,116],[32,107],[289,111],[97,302],[108,100],[105,109],[101,112],[32,333],[97,107],[373,291],[270,116],[267,111],[32,49],[117,114],[117,110],[285,115],[87,104],[108,121],[331,111],[290,300],[257,271],[262,101],[105,99],[370,111],[279,121],[276,103],[105,100],[32,118],[105,108],[322,101],[306,120],[303,115],[263,101],[367,336],[307,114],[116,262],[360,262],[301,105],[292,101],[283,262],[257,98],[256,114],[112,116],[280,111],[32,50],[352,115],[306,372],[263,111],[411,304],[361,98],[274,296],[366,100],[292,423],[310,116],[270,110],[261,114],[283,297],[274,262],[271,101],[270,114],[263,104],[353,116],[273,101],[261,335],[117,108],[112,108],[116,101],[111,107],[97,103],[258,358],[105,308],[369,338],[105,302],[414,384],[114,308],[260,109],[32,83],[344,121],[97,112],[97,98],[266,115],[329,448],[321,115],[291,101],[268,303],[32,314],[291,416],[102,350],[289,105],[280,101],[32,51],[263,117],[256,379],[101,109],[319,340],[382,265],[331,460],[270,378],[89,270],[342,461],[272,97],[269,330],[99,320],[407,303],[306,451],[263,457],[263,310],[111,112],[32,324],[332,111],[267,276],[264,324],[263,403],[105,114],[275,350],[265,115],[264,300],[263,320],[256,374],[32,390],[431,476],[97,271],[32,70],[480,111],[428,116],[376,265],[375,110],[270,266],[257,103],[97,117],[32,84],[482,435],[292,374],[267,377],[362,112],[415,348],[364,116],[258,432]];

const PIECES = Array.from({ length: 256 }, (_, byte) => [byte]);
const RANK = new Map();
for (const [left, right] of MERGES) {
  RANK.set(`${left} ${right}`, PIECES.length);
  PIECES.push([...PIECES[left], ...PIECES[right]]);
}

// What Python's pattern splits at, on a text whose characters are bytes.
const WORDS = / ?[A-Za-z]+| ?[0-9]|[^A-Za-z0-9 ]+| +/g;

export function encode(text) {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
  return (bytes.match(WORDS) ?? []).flatMap((word) => {
    const ids = Array.from(word, (byte) => byte.charCodeAt(0));
    for (;;) {
      const ranks = ids.slice(1).map((id, n) => RANK.get(`${ids[n]} ${id}`) ?? Infinity);
      const first = Math.min(...ranks);
      if (!Number.isFinite(first)) return ids;
      for (let n = 0; n + 1 < ids.length; n += 1) {
        if (RANK.get(`${ids[n]} ${ids[n + 1]}`) === first) ids.splice(n, 2, first);
      }
    }
  });
}

/// A piece as it is shown: its spaces visible, and bytes that are no whole character by their numbers.
function shown(id) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(PIECES[id]));
    return text.replaceAll(' ', '␣').replaceAll('\n', '⏎').replaceAll('\t', '⇥');
  } catch {
    return PIECES[id].map((byte) => byte.toString(16).toUpperCase()).join(' ');
  }
}

// Kept when the page draws anew.
let words = SENTENCE;

export default (element, { colors, language }) => {
  const label = document.createElement('label');
  const field = Object.assign(document.createElement('textarea'), { value: words, rows: 2, maxLength: 400 });
  const count = document.createElement('output');
  const list = document.createElement('ol');
  label.append('Your words', field);
  label.style.cssText = 'display: block; font: inherit; font-size: 0.85em';
  field.style.cssText = `display: block; inline-size: 100%; box-sizing: border-box; margin-block: 0.3em; padding: 0.5em;
    font: inherit; font-size: 1rem; color: ${colors.ink}; background: ${colors.paper}; border: 1px solid ${colors.muted}`;
  count.style.cssText = `font-size: 0.85em; color: ${colors.muted}`;
  list.style.cssText = `display: flex; flex-wrap: wrap; gap: 4px; margin: 0.6em 0 0; padding: 0; list-style: none;
    max-block-size: 230px; overflow: auto`;
  const show = () => {
    words = field.value;
    const ids = encode(words);
    const number = (n) => n.toLocaleString(language);
    const bytes = new TextEncoder().encode(words).length;
    count.textContent = `characters: ${number([...words].length)}, bytes: ${number(bytes)}, tokens: ${number(ids.length)}`;
    list.replaceChildren(...ids.map((id) => {
      const item = document.createElement('li');
      const under = document.createElement('small');
      item.style.cssText = `padding: 0.1em 0.35em; line-height: 1.3; text-align: center; color: ${colors.ink};
        background: ${colors.tint}; border-block-end: 3px solid ${id < 256 ? colors.line : colors.accent}`;
      under.style.cssText = `display: block; font-size: 0.7em; color: ${colors.muted}`;
      under.textContent = id;
      item.append(shown(id), under);
      return item;
    }));
  };
  field.addEventListener('input', show);
  element.append(label, count, list);
  show();
};
