/** The page that lists mails. It shows their content as text, never as markup. */

const HEAD = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="2">
<title>Mails</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem }
  article { border: 1px solid #8884; border-radius: 6px; padding: .75rem 1rem; margin: 1rem 0 }
  h2 { font-size: 1rem; margin: 0 } p { margin: .25rem 0 0; white-space: pre-wrap }
  time { float: right; color: #888; font-size: .875rem }
</style>
`

/** @typedef {{ to: string, subject: string | undefined, text: string | undefined, at: Date }} Mail */

/** @param {readonly Mail[]} mails */
export function renderInbox(mails) {
  const count = mails.length === 1 ? '1 mail' : `${mails.length} mails`
  return `${HEAD}<h1>${count}</h1>\n${mails.map(render).join('\n')}\n</html>\n`
}

/** @param {Mail} mail */
function render({ to, subject, text, at }) {
  const time = at.toISOString().slice(11, 19)
  return `<article>
  <time datetime="${at.toISOString()}">${time}</time>
  <h2>${escape(subject)}, to ${escape(to)}</h2>
  <p>${escape(text?.trim())}</p>
</article>`
}

/** @type {Readonly<Record<string, string>>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escape(text = '') {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character])
}
