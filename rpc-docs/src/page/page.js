'use strict';
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const root = document.documentElement;
  const articles = all('article');

  // The switch of colours: what it is on is what the system wants, until it was used.
  const theme = document.getElementById('theme');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const stored = (...value) => {
    try { return value.length ? localStorage.setItem('amqp-rpc-theme', value[0]) : localStorage.getItem('amqp-rpc-theme'); }
    catch { return null; }
  };
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches;
  const name = () => { theme.textContent = isDark() ? 'Light colours' : 'Dark colours'; };
  if (['light', 'dark'].includes(stored())) root.dataset.theme = stored();
  theme.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    stored(root.dataset.theme);
    name();
  });
  dark.addEventListener('change', name);
  name();
  theme.hidden = false;

  // The filter: methods with all of its words.
  const filter = document.getElementById('filter');
  const found = document.getElementById('found');
  const links = new Map(all('nav a').map(link => [link.hash.slice(1), link.closest('li')]));
  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const article of articles) {
      const text = article.dataset.find.toLowerCase();
      const shown = words.every(word => text.includes(word));
      article.hidden = !shown;
      const link = links.get(article.id);
      if (link) link.hidden = !shown;
      count += shown;
    }
    // Services without a method that is found, and what is about no method.
    for (const section of all('main > section')) {
      const own = all('article', section);
      section.hidden = words.length > 0 && own.every(article => article.hidden);
      const link = links.get(section.id);
      if (link) link.hidden = section.hidden;
    }
    found.textContent = words.length ? `${count} of ${articles.length} methods` : '';
  };
  filter.addEventListener('input', apply);
  all('.filter').forEach(box => { box.hidden = false; });
  document.addEventListener('keydown', event => {
    const typing = event.target.matches('input, textarea');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      filter.focus();
      filter.select();
    } else if (event.key === 'Escape' && event.target === filter) {
      filter.value = '';
      apply();
    } else if (event.key === 'Enter' && event.target === filter) {
      const first = articles.find(article => !article.hidden);
      if (first) { location.hash = first.id; all('h3 a', first)[0].focus(); }
    }
  });

  // What a link leads to is shown: a method that was filtered out, a type that is closed.
  const reveal = () => {
    let target;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    if (target.closest('[hidden]')) { filter.value = ''; apply(); }
    if (target.matches('details')) target.open = true;
    target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  reveal();

  for (const button of all('[data-copy]')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const code = button.parentElement.querySelector('code');
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = 'Selected';
      }
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
  }

  // Try it: the server says what became of the call.
  for (const form of all('[data-try]')) {
    form.hidden = false;
    const button = form.querySelector('button');
    const output = form.querySelector('[role=status]');
    const show = text => { output.hidden = false; output.textContent = text; };
    form.addEventListener('submit', async event => {
      event.preventDefault();
      if (button.disabled) return;
      try { JSON.parse(form.elements.body.value); } catch (error) { show(`The body is not JSON: ${error.message}`); return; }
      button.disabled = true;
      show('Calling');
      try {
        // The text as it is: numbers of 64 bits would lose digits here.
        const response = await fetch(form.dataset.try, {
          method: 'POST', headers: { 'content-type': 'application/json' }, body: form.elements.body.value,
        });
        show(`${response.headers.get('x-outcome') || response.status}\n${await response.text()}`);
      } catch (error) { show(`No answer: ${error.message}`); }
      button.disabled = false;
    });
  }

  // Print has everything open.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = all('details:not([open])');
    opened.forEach(details => { details.open = true; });
  });
  addEventListener('afterprint', () => { opened.forEach(details => { details.open = false; }); });
})();
