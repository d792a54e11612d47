/**
 * Lets people force a circuit: it opens the dialog, and posts what they chose. It is text, for the same reason as
 * the other script.
 */
import { TOKEN_HEADER } from './sender.js'

export const ACTIONS_SCRIPT = String.raw`
'use strict'
{
  const PATIENCE = 30000
  const find = (id) => document.getElementById(id)
  const dialog = find('dialog')
  const form = dialog.querySelector('form')
  const [submit, cancel] = form.querySelectorAll('button')
  const release = form.querySelector('[value=release]')
  let chosen

  const say = (text) => {
    find('dialog-error').textContent = text
  }

  const open = (button) => {
    const { circuit, forced } = button.dataset
    const name = button.closest('tr').querySelector('bdi').textContent
    // The number of the row means something to the process that served it, which the token stands for.
    chosen = { circuit: Number(circuit), name, token: document.body.dataset.token }
    form.reset()
    say('')
    find('dialog-name').textContent = name
    release.disabled = forced === ''
    submit.disabled = false
    dialog.showModal()
  }

  const post = async ({ circuit, token }) => {
    const data = new FormData(form)
    const wish = {
      circuit,
      action: data.get('action'),
      for: Number(data.get('for')) || null,
      reason: data.get('reason'),
    }
    const response = await fetch('?', {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json', '${TOKEN_HEADER}': token },
      body: JSON.stringify(wish),
      signal: AbortSignal.timeout(PATIENCE),
    })
    const type = response.headers.get('content-type') ?? ''
    if (response.ok && type.startsWith('application/json')) return ''
    // A proxy in front of the page may answer in its place, with a whole page.
    if (type.startsWith('text/plain')) return (await response.text()).trim().slice(0, 1000)
    return response.status ? 'The server answered ' + response.status : 'You are signed out: reload the page'
  }

  const send = async () => {
    const sent = chosen
    submit.disabled = true
    say('')
    const error = await post(sent).catch(() => 'The server did not answer')
    submit.disabled = false
    if (error === '') {
      if (chosen === sent) dialog.close()
      return
    }
    say(chosen === sent ? error : sent.name + ': ' + error)
    if (!dialog.open) dialog.showModal()
  }

  document.querySelector('tbody').addEventListener('click', ({ target }) => {
    const button = target.closest('button')
    if (button) open(button)
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    send()
  })
  cancel.addEventListener('click', () => dialog.close())
  document.body.classList.add('scripted')
}
`
