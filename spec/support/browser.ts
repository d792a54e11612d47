/** A real browser, and the errors that it reported. */
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { requireProgram } from '../../scripts/programs.mjs'

const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-sync',
  '--no-first-run',
]

export interface Opened {
  readonly page: Page
  /** Errors, violations of the policy and whatever else came to the console. */
  readonly consoleErrors: string[]
}

export class Browsing {
  readonly #browser: Browser

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async start(): Promise<Browsing> {
    const executablePath = requireProgram('chromium')
    return new Browsing(await chromium.launch({ executablePath, args: QUIET }))
  }

  async open(url: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const page = await this.#browser.newPage(options)
    const consoleErrors: string[] = []
    page.on('pageerror', (error) => consoleErrors.push(error.message))
    page.on('console', (message) => consoleErrors.push(message.text()))
    page.on('dialog', (dialog) => consoleErrors.push(dialog.message()))
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        // oxlint-disable-next-line no-console -- in the page, whose console is listened to
        console.log(`policy violated: ${violatedDirective} by ${blockedURI}`)
      })
    })
    await page.goto(url)
    return { page, consoleErrors }
  }

  async stop(): Promise<void> {
    await this.#browser.close()
  }
}
