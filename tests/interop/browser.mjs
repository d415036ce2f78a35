// What a browser does between a client and an authorization server, and no more: keeps cookies, follows redirects, fills in the login
// and the consent form, and stops where the client would listen. As a program (`node browser.mjs NAME PASSWORD REDIRECT_URI LINK`) it
// prints the address at which it stopped, for clients in other languages.
import { pathToFileURL } from 'node:url';

const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const unescape = (text) => text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
  if (name) return NAMED[name] ?? whole;
  return String.fromCodePoint(hex ? parseInt(hex, 16) : parseInt(decimal, 10));
});
const attributes = (tag) => Object.fromEntries(
  [...tag.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [name, unescape(value ?? '')]),
);

/** The one form of a page: where it leads, its fields, and the buttons that send a value. */
function form(html) {
  const forms = [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)];
  if (forms.length !== 1) throw new Error(`a page with ${forms.length} forms: ${html}`);
  const [, tag, inside] = forms[0];
  const tags = (name) => [...inside.matchAll(new RegExp(`<${name}\\b([^>]*)>`, 'g'))].map(([, rest]) => attributes(rest));
  return { ...attributes(tag), fields: tags('input'), buttons: tags('button') };
}

export class Browser {
  #user;
  #cookies = new Map();
  /** Names of the pages that were shown, in order. */
  pages = [];

  constructor(user) { this.#user = user; }

  /** Opens the client's link, does what the pages ask, and returns what reaches the client: an address, or a form that is posted to it. */
  async open(link, redirectUri, decision = 'approve') {
    let response = await this.#get(new URL(link), redirectUri);
    for (let page = 0; page < 6; page++) {
      if (response instanceof URL || response instanceof Request) return response;
      const html = await response.text();
      if (response.status !== 200) throw new Error(`${response.status} from ${response.url}: ${html}`);
      response = await this.#submit(new URL(response.url), form(html), redirectUri, decision);
    }
    throw new Error('one form after the other');
  }

  #submit(page, { action, method, fields, buttons }, redirectUri, decision) {
    const values = new URLSearchParams(fields.map(({ name, value, type }) => {
      if (name === 'username') return [name, this.#user.name];
      return [name, type === 'password' ? this.#user.password : value ?? ''];
    }));
    const target = new URL(action, page);
    if (method === 'post' && target.href === redirectUri) return new Request(target, { method, body: values });
    const button = buttons.find(({ name, value }) => name && value === decision);
    if (button) values.append(button.name, button.value);
    this.pages.push(fields.some(({ type }) => type === 'password') ? 'login' : 'consent');
    if (method !== 'post' || target.origin !== page.origin) throw new Error(`a form that leads to ${method} ${target}`);
    // As browsers do it on a page with `Referrer-Policy: same-origin`.
    return this.#get(target, redirectUri, { method: 'POST', body: values, headers: { origin: page.origin, 'sec-fetch-site': 'same-origin' } });
  }

  async #get(url, redirectUri, init = {}) {
    for (let hop = 0; hop < 10; hop++) {
      if (`${url.origin}${url.pathname}` === redirectUri) return url;
      const cookies = [...this.#jar(url.origin)].map((pair) => pair.join('=')).join('; ');
      const headers = { accept: 'text/html', ...init.headers, ...(cookies && { cookie: cookies }) };
      const response = await fetch(url, { ...init, headers, redirect: 'manual' });
      response.headers.getSetCookie().forEach((line) => this.#keep(url.origin, line));
      if (response.status < 300 || response.status > 399) return response;
      await response.body?.cancel();
      url = new URL(response.headers.get('location'), url);
      init = [307, 308].includes(response.status) ? init : {};
    }
    throw new Error(`no end of redirects at ${url}`);
  }

  #jar(origin) {
    if (!this.#cookies.has(origin)) this.#cookies.set(origin, new Map());
    return this.#cookies.get(origin);
  }

  #keep(origin, line) {
    const [, name, value, rest] = line.match(/^([^=;]+)=([^;]*)(.*)$/);
    if (/;\s*max-age=0\b/i.test(rest)) this.#jar(origin).delete(name);
    else this.#jar(origin).set(name, value);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [name, password, redirectUri, link] = process.argv.slice(2);
  console.log((await new Browser({ name, password }).open(link, redirectUri)).href);
}
