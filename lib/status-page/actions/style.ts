/** The style of buttons and of the dialog. */
export const ACTIONS_STYLE = `
button, input, select { font: inherit; color: inherit }
button { padding: .25rem .7rem; background: var(--ground); border: 1px solid var(--line); border-radius: .4rem; cursor: pointer; white-space: nowrap }
button:disabled { opacity: .55; cursor: default }
body:not(.scripted) button { display: none }
dialog { width: min(30rem, calc(100% - 2rem)); padding: 1.25rem; background: var(--card); color: var(--ink); border: 1px solid var(--line); border-radius: .6rem }
dialog::backdrop { background: rgb(0 0 0 / .45) }
dialog h2 { margin: 0 0 .75rem; font-size: 1.15rem; overflow-wrap: anywhere }
dialog label { display: block; margin: .4rem 0 }
fieldset { margin: 0 0 .75rem; border: 1px solid var(--line); border-radius: .4rem }
dialog input:not([type=radio]), select { width: 100%; padding: .3rem .5rem; background: var(--ground); border: 1px solid var(--line); border-radius: .4rem }
form:has([value=release]:checked) .force { display: none }
#dialog-error { color: var(--red); font-weight: 600; overflow-wrap: anywhere }
#dialog-error:empty { display: none }
`
