import { expect, test } from 'vitest'
import { Belongings } from './belongings.ts'

function recorder() {
  const told: string[] = []
  const thing = (name: string, fails = false): AsyncDisposable => ({
    async [Symbol.asyncDispose]() {
      told.push(name)
      if (fails) throw new Error(`${name} does not end`)
    },
  })
  return { told, thing }
}

test('BE1 everything ends, the last that was started first', async () => {
  const { told, thing } = recorder()
  const belongings = new Belongings()
  for (const name of ['plane', 'kubelets', 'scheduler']) await belongings.own(Promise.resolve(thing(name)))
  await belongings[Symbol.asyncDispose]()
  expect(told).toEqual(['scheduler', 'kubelets', 'plane'])
})

test('BE1 what its using has ended does not end again', async () => {
  const { told, thing } = recorder()
  const belongings = new Belongings()
  {
    await using _scheduler = await belongings.own(Promise.resolve(thing('scheduler')))
  }
  expect(told).toEqual(['scheduler'])
  await belongings[Symbol.asyncDispose]()
  expect(told).toEqual(['scheduler'])
})

test('BE2 what is still starting ends once it is there; what fails to start is no failure of the end', async () => {
  const { told, thing } = recorder()
  const belongings = new Belongings()
  const starting = Promise.withResolvers<AsyncDisposable>()
  void belongings.own(starting.promise)
  await expect(belongings.own(Promise.reject<AsyncDisposable>(new Error('no program')))).rejects.toThrow('no program')
  const ended = belongings[Symbol.asyncDispose]()
  expect(told).toEqual([])
  starting.resolve(thing('machine'))
  await ended
  expect(told).toEqual(['machine'])
})

test('BE3 one that fails to end does not keep the others', async () => {
  const { told, thing } = recorder()
  const belongings = new Belongings()
  await belongings.own(Promise.resolve(thing('plane')))
  await belongings.own(Promise.resolve(thing('kubelets', true)))
  await expect(belongings[Symbol.asyncDispose]()).rejects.toThrow('kubelets does not end')
  expect(told).toEqual(['kubelets', 'plane'])
})
