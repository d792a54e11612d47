/** Renders the dialog in which people force a circuit. */
import { Html, markup } from '../html.js'

/** Seconds, each with its words. The second choice is preselected. */
const DURATIONS: readonly (readonly [seconds: number | '', words: string])[] = [
  [300, '5 minutes'],
  [900, '15 minutes'],
  [3600, '1 hour'],
  [14_400, '4 hours'],
  [86_400, '1 day'],
  ['', 'until somebody releases it'],
]
const CHOSEN = 900

const options = DURATIONS.map(([seconds, words]) => {
  const chosen = new Html(seconds === CHOSEN ? ' selected' : '')
  return markup`<option value="${seconds}"${chosen}>${words}</option>`
})

export const DIALOG = markup`<dialog id="dialog" aria-labelledby="dialog-name">
<form method="dialog">
<h2 id="dialog-name"></h2>
<fieldset>
<legend>From now on</legend>
<label><input type="radio" name="action" value="opened" required> Force it open: refuse every request</label>
<label><input type="radio" name="action" value="closed" required> Force it closed: send every request, and only count</label>
<label><input type="radio" name="action" value="release" required> Release it: go by the results again</label>
</fieldset>
<label class="force">For <select name="for">${options}</select></label>
<label class="force">Reason <input name="reason" maxlength="200" autocomplete="off"></label>
<p role="alert" id="dialog-error"></p>
<p><button type="submit">Apply</button> <button type="button" name="cancel">Cancel</button></p>
</form>
</dialog>
<noscript><p>Only a browser with JavaScript can force a circuit here.</p></noscript>`
