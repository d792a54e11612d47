/**
 * Keeps an open page up to date. The script inserts what the server rendered, and decides nothing itself. It
 * is text and not a function, so that no compiler changes it: the policy allows exactly this text.
 */
export const SCRIPT = String.raw`
'use strict'
{
  const RETRY = 2000
  const find = (id) => document.getElementById(id)
  const rows = document.querySelector('tbody')
  let source

  // Touch only what differs: a screen reader reads out everything that is touched.
  const put = (id, html) => {
    const shown = find(id)
    if (shown.shown === html) return
    shown.shown = html
    shown.innerHTML = html
  }

  const putHead = ({ title, summary, storage, token }) => {
    document.title = title
    // The server may have been started anew.
    if (token) document.body.dataset.token = token
    put('summary', summary)
    put('storage', storage)
  }

  const toRow = (html) => {
    const template = document.createElement('template')
    template.innerHTML = html
    return template.content.firstChild
  }

  // A cell that stays the same must stay where it is: somebody may be about to press its button.
  const toUpdatedRow = ([id, html]) => {
    const row = toRow(html)
    const old = find(id)
    if (!old || old.cells.length !== row.cells.length) return row
    old.className = row.className
    const cells = [...old.cells]
    for (const [index, cell] of [...row.cells].entries()) {
      if (cells[index].isEqualNode(cell)) continue
      const hasFocus = cells[index].contains(document.activeElement)
      cells[index].replaceWith(cell)
      if (hasFocus) cell.querySelector('button')?.focus()
    }
    return old
  }

  const putWhole = (content) => {
    putHead(content)
    rows.replaceChildren(...content.rows.map(toUpdatedRow))
    count()
  }

  const putChange = (content) => {
    putHead(content)
    for (const id of content.gone) find(id)?.remove()
    for (const changed of content.rows) {
      const row = toUpdatedRow(changed)
      if (!row.isConnected) rows.append(row)
    }
    count()
  }

  const setLive = (isLive) => {
    document.body.classList.toggle('stale', !isLive)
    const text = isLive ? 'Live' : 'Connection lost, reconnecting'
    if (find('live').textContent !== text) find('live').textContent = text
  }

  const connect = () => {
    source = new EventSource('?format=events')
    const on = (event, use) => source.addEventListener(event, ({ data }) => use(JSON.parse(data)))
    on('whole', putWhole)
    on('change', putChange)
    source.onopen = () => setLive(true)
    source.onerror = ({ target }) => {
      if (target !== source) return
      setLive(false)
      // If a proxy answers in place of the server, the browser gives up. This page does not.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => target === source && connect(), RETRY)
    }
  }

  const disconnect = () => {
    source?.close()
    source = undefined
  }

  const inWords = (seconds) => {
    const whole = Math.ceil(seconds)
    const minutes = Math.floor(whole / 60)
    return minutes < 2 ? whole + ' s' : minutes + ' min ' + (whole % 60) + ' s'
  }

  const count = () => {
    const now = performance.now() / 1000
    for (const cell of document.querySelectorAll('[data-retry]')) {
      cell.due ??= now + Number(cell.dataset.retry)
      const text = inWords(Math.max(cell.due - now, 0))
      if (cell.textContent !== text) cell.textContent = text
    }
  }

  // Browsers open few connections to one server, so a hidden page holds none of them.
  document.addEventListener('visibilitychange', () => {
    disconnect()
    if (document.hidden) document.title = document.querySelector('h1').textContent
    else connect()
  })
  addEventListener('pagehide', disconnect)
  addEventListener('pageshow', () => source ?? (document.hidden || connect()))
  setInterval(count, 200)
  count()
}
`
