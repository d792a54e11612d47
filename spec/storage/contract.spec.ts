/** Each storage keeps the contract. */
import { describeContract } from './contract.js'
import { SUBJECTS } from './subjects.js'

for (const [name, start] of Object.entries(SUBJECTS)) describeContract(name, start)
