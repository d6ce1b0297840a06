import { describe, expect, it } from 'vitest'
import { selectControllers } from '../../runtime/controllers/controller-entry.ts'
import { controllerEntries, controllerTable } from './controller-list.ts'

const names = (...selection: string[]) => selectControllers(selection, controllerTable).map(({ name }) => name)

describe('controller selection', () => {
  it('KL1: "*" is all, names switch single ones on and off, the first word about one counts', () => {
    expect(controllerEntries.map(({ name }) => name).filter(name => !names('*').includes(name))).toEqual(['bootstrap-signer-controller', 'token-cleaner-controller'])
    expect(names('*', 'token-cleaner-controller')).toContain('token-cleaner-controller')
    expect(names('*', '-job-controller')).not.toContain('job-controller')
    expect(names('deployment-controller', 'job-controller')).toEqual(['deployment-controller', 'job-controller'])
    expect(names('-job-controller', '*', 'job-controller')).not.toContain('job-controller')
  })

  it('KL3: names from before 1.28 mean what they meant', () => {
    expect(names('*', 'bootstrapsigner', 'tokencleaner')).toEqual(expect.arrayContaining(['bootstrap-signer-controller', 'token-cleaner-controller', 'job-controller']))
    expect(names('podgc', 'attachdetach')).toEqual(['pod-garbage-collector-controller', 'persistentvolume-attach-detach-controller'])
  })

  it('KL4: names of what the cloud controller manager does by now are accepted and do nothing', () => {
    expect(names('*', '-service-lb-controller', 'route', 'cloud-node-lifecycle-controller')).toEqual(names('*'))
  })

  it('KL2: refuses names that nobody has, and those that are not built here', () => {
    expect(() => names('*', 'deploymnt-controller')).toThrow('"deploymnt-controller" is not in the list of known controllers')
    expect(() => names('selinux-warning-controller')).toThrow('"selinux-warning-controller" is not supported')
    expect(names('*', '-selinux-warning-controller')).toContain('job-controller')
  })
})
