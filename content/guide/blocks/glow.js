export default (element, { colors, language, dark }) => {
  const slider = Object.assign(document.createElement('input'), { type: 'range', min: 800, max: 3000, value: 2700 });
  slider.setAttribute('aria-label', 'Kelvin');
  const says = document.createElement('output');
  const show = () => {
    says.textContent = `${Number(slider.value).toLocaleString(language)} K`;
    says.style.color = slider.value > 1500 ? colors.accent : colors.muted;
  };
  slider.addEventListener('input', show);
  element.append(slider, says);
  show();
};
