import MarkdownIt from 'markdown-it'

type Rule = NonNullable<MarkdownIt['renderer']['rules'][string]>

export interface MarkdownTexts {
  readonly copyCode: () => string
  readonly code: () => string
}

const ALIGNMENT = /text-align:(left|center|right)/

/** Inline styles are refused by the content security policy: alignment becomes a class. */
const cell: Rule = (tokens, index, options, _env, self) => {
  const token = tokens[index]
  const alignment = ALIGNMENT.exec(String(token?.attrGet('style') ?? ''))?.[1]
  if (token && alignment) {
    token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'style')
    token.attrSet('class', `align-${alignment}`)
  }
  return self.renderToken(tokens, index, options)
}

/**
 * CommonMark with tables and strikethrough. Raw HTML is shown as text. Links are text followed by their address, images are
 * their description: nothing in a reply can be followed or loaded.
 */
export function createMarkdown(texts: MarkdownTexts): MarkdownIt {
  const markdown = new MarkdownIt('default', { html: false, linkify: false, typographer: false, breaks: true })
  // A definition further down would change blocks that are on the screen already.
  markdown.disable('reference')
  const { rules } = markdown.renderer
  const { escapeHtml } = markdown.utils

  rules['th_open'] = cell
  rules['td_open'] = cell

  rules['fence'] = rules['code_block'] = (tokens, index) => {
    const token = tokens[index]
    const language = /^[\w+#.-]{1,24}/.exec(token?.info.trim() ?? '')?.[0] ?? ''
    const content = escapeHtml((token?.content ?? '').replace(/\n$/, ''))
    const label = language === '' ? escapeHtml(texts.code()) : escapeHtml(language)
    return `<div class="code"><div class="code-head"><span>${label}</span><button type="button" data-copy>${escapeHtml(texts.copyCode())}</button></div><pre tabindex="0" role="group" aria-label="${label}"><code>${content}</code></pre></div>\n`
  }

  rules['table_open'] = () => `<div class="table" tabindex="0" role="group"><table>\n`
  rules['table_close'] = () => '</table></div>\n'

  rules['link_open'] = () => '<span class="link">'
  rules['link_close'] = (tokens, index) => {
    let open = index - 1
    while (open >= 0 && tokens[open]?.type !== 'link_open')
      open -= 1
    const address = String(tokens[open]?.attrGet('href') ?? '')
    const shown = tokens.slice(open + 1, index).map(token => token.content).join('')
    const suffix = address === '' || address === shown ? '' : ` <span class="address">${escapeHtml(address)}</span>`
    return `</span>${suffix}`
  }
  rules['image'] = (tokens, index) => {
    const token = tokens[index]
    return `<span class="link">${escapeHtml(token?.content ?? '')}</span> <span class="address">${escapeHtml(String(token?.attrGet('src') ?? ''))}</span>`
  }
  return markdown
}
