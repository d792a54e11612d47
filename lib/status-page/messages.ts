/** Renders the messages to open pages. */
import { rowId, type Board, type Content, type Row } from './board.js'
import type { News } from './backlog.js'
import type { Tracked } from './tracked.js'

export function wholeMessage(content: Content): string {
  return message('whole', content)
}

/** @returns a function that renders news as they are now, each row and each message once. Use it up at once. */
export function changeMessages(board: Board): (news: News) => string {
  const head = board.head()
  const rows = new Map<Tracked, Row>()
  const texts = new Map<News, string>()
  const rowOf = (tracked: Tracked): Row => once(rows, tracked, () => board.row(tracked))
  const render = ({ changed, gone }: News): string =>
    message('change', { ...head, rows: changed.map(rowOf), gone: gone.map(rowId) })
  return (news) => once(texts, news, () => render(news))
}

function once<Key, Value>(made: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = made.get(key) ?? make()
  made.set(key, value)
  return value
}

/** JSON contains no line ends, so nothing in a name can end the message. */
function message(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
