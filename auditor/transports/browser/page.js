// Lists what a visitor can press or choose on a page, or, given one entry of the list, finds its element again.
(wanted) => {
  const SELECTOR =
    'a[href],area[href],button,summary,select,input[type=button],input[type=submit],input[type=image],' +
    'input[type=radio],[role=button],[role=link],[role=menuitem],[role=option],[role=radio],[onclick],[data-propose],' +
    '[tabindex]:not([tabindex="-1"])';
  const NAMED = /propos/i;
  const MOST_ELEMENTS = 20000;
  const MOST_ENTRIES = 200;
  const squeezed = (text) => (text || '').replace(/\s+/g, ' ').trim().slice(0, 80);
  const labelOf = (element) => (element.labels && element.labels.length ? element.labels[0] : null);
  const textOf = (element) => {
    const label = labelOf(element);
    const said = element.tagName === 'INPUT' && element.type !== 'radio' ? element.value : element.innerText;
    const named = element.getAttribute('aria-label') || element.getAttribute('title');
    return squeezed(said || (label && label.innerText) || named || element.value || element.tagName.toLowerCase());
  };
  const shown = (element) => {
    if (element.disabled) return false;
    const seen = element.type === 'radio' && labelOf(element) ? labelOf(element) : element;
    return seen.checkVisibility({ visibilityProperty: true }) && seen.getClientRects().length > 0;
  };
  const kindOf = (element) => {
    if (element.href) return 'link';
    if (element.type === 'radio' || element.getAttribute('role') === 'radio') return 'radio';
    return element.form && (element.type === 'submit' || element.type === 'image') ? 'submit' : 'button';
  };
  const isNamed = (element) =>
    NAMED.test(textOf(element)) ||
    [...element.attributes].some(
      (one) => NAMED.test(one.name) || (/^(id|class|title|aria-label|rel|name)$/.test(one.name) && NAMED.test(one.value)),
    );
  const entries = [];
  let count = 0;
  const add = (element) => {
    const base = { named: isNamed(element), group: '' };
    if (element.tagName === 'SELECT') {
      const group = 'select:' + (element.name || element.id || count);
      for (const option of element.options) {
        if (option.value && !option.disabled) {
          entries.push({ ...base, group, text: squeezed(option.text), kind: 'option', value: option.value, element });
        }
      }
      return;
    }
    const kind = kindOf(element);
    const group = kind === 'radio' ? 'radio:' + (element.name || '') : '';
    entries.push({ ...base, group, text: textOf(element), kind, value: '', element });
  };
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (++count > MOST_ELEMENTS || entries.length >= MOST_ENTRIES) return;
      if (element.shadowRoot) walk(element.shadowRoot);
      if (element.matches(SELECTOR) && shown(element)) add(element);
    }
  };
  walk(document);
  const ordinals = new Map();
  for (const entry of entries) {
    const key = entry.kind + '\n' + entry.group + '\n' + entry.text;
    entry.ordinal = ordinals.get(key) || 0;
    ordinals.set(key, entry.ordinal + 1);
  }
  if (wanted === null) return entries.map(({ element, value, ...told }) => told);
  const found = entries.find((entry) => ['kind', 'group', 'text', 'ordinal'].every((key) => entry[key] === wanted[key]));
  if (!found) return null;
  if (found.kind === 'option') {
    found.element.value = found.value;
    for (const name of ['input', 'change']) found.element.dispatchEvent(new Event(name, { bubbles: true }));
  }
  return found.element;
}
