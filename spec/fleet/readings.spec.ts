/** Which circuits are read, and how often. */
import { setImmediate as turn } from 'node:timers/promises'
import { Readings, type Readable } from '../../lib/fleet/readings.js'

/** A circuit whose reads the spec ends. */
class Held implements Readable {
  reads = 0
  end: (error?: Error) => void = () => undefined

  read(): Promise<() => void> {
    this.reads += 1
    return new Promise((resolve, reject) => {
      this.end = (error) => (error ? reject(error) : resolve(() => undefined))
    })
  }
}

const start = () => new Readings({ permitDeadline: 0.1, commandDeadline: 1 })

describe('catching up', () => {
  it('reads nothing if nothing is due', async () => {
    const readings = start()
    const circuit = new Held()
    readings.catchUp()
    readings.add([circuit])
    await turn()
    expect(circuit.reads).toBe(0)
  })

  it('waits for the reading under way only once, and that reads what becomes due meanwhile', async () => {
    const readings = start()
    const circuit = new Held()
    const readRest = jest.spyOn(readings, 'readRest')
    for (let call = 0; call < 3; call += 1) {
      readings.add([circuit])
      readings.catchUp()
    }
    expect(readRest).toHaveBeenCalledTimes(1)
    circuit.end()
    await turn()
    expect(circuit.reads).toBe(2)
  })

  it('causes no error if the storage does not answer, and the circuit stays due', async () => {
    const readings = start()
    const circuit = new Held()
    readings.add([circuit])
    readings.catchUp()
    circuit.end(new Error('no answer'))
    await turn()
    readings.catchUp()
    expect(circuit.reads).toBe(2)
  })
})
