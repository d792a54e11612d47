#!/usr/bin/env node
/** The command line `axios-breaker`. */
import { run } from './run.js'

process.exitCode = await run(process.argv.slice(2))
