import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { validateHostProcess, validatePodSecurityContext } from './pod-security-validation.ts'
import type { PodSpec } from './types.ts'

const problems = (securityContext: object, rest: object = {}) => fieldErrorsText(validatePodSecurityContext({ containers: [], securityContext, ...rest } as PodSpec, 's'))

describe('the security context of a pod', () => {
  test('SC1 ids are between 0 and 2^31-1', () => {
    expect(problems({ runAsUser: 0, runAsGroup: 2_147_483_647, fsGroup: 1, supplementalGroups: [5] })).toBe('[]')
    expect(problems({ runAsUser: -1, supplementalGroups: [0, 2_147_483_648] })).toBe('[s.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive, s.supplementalGroups[1]: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive]')
  })

  test('SC2 a sysctl is named once, and is not one that the pod shares with its host', () => {
    const sysctls = (...names: string[]) => ({ sysctls: names.map(name => ({ name, value: '1' })) })
    expect(problems(sysctls('net.core.somaxconn', 'kernel.shm_rmid_forced'))).toBe('[]')
    expect(problems(sysctls('', 'a b', 'net.a', 'net.a'))).toMatch(/^\[s.sysctls\[0\].name: Required value, s.sysctls\[1\].name: Invalid value: "a b": must have at most 253 .*, s.sysctls\[3\].name: Duplicate value: "net.a"\]$/)
    expect(problems(sysctls('net/ipv4/ip_forward'), { hostNetwork: true })).toBe("s.sysctls[0].name: Invalid value: \"net/ipv4/ip_forward\": may not be specified when 'hostNetwork' is true")
    expect(problems(sysctls('kernel.sem'), { hostIPC: true })).toBe("s.sysctls[0].name: Invalid value: \"kernel.sem\": may not be specified when 'hostIPC' is true")
  })

  test.each([
    [{ seccompProfile: { type: 'RuntimeDefault' } }, '[]'],
    [{ seccompProfile: { type: '' } }, 's.seccompProfile.type: Required value: type is required when seccompProfile is set'],
    [{ seccompProfile: { type: 'Localhost' } }, 's.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost'],
    [{ seccompProfile: { type: 'Localhost', localhostProfile: '../up' } }, "s.seccompProfile.localhostProfile: Invalid value: \"../up\": must not contain '..'"],
    [{ seccompProfile: { type: 'Unconfined', localhostProfile: 'a' } }, 's.seccompProfile.localhostProfile: Invalid value: {"Type":"Unconfined","LocalhostProfile":"a"}: can only be set when seccomp type is Localhost'],
    [{ appArmorProfile: { type: 'Localhost', localhostProfile: ' a' } }, 's.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace'],
    [{ appArmorProfile: { type: 'Odd' } }, 's.appArmorProfile.type: Unsupported value: "Odd": supported values: "Localhost", "RuntimeDefault", "Unconfined"'],
  ])('SC3 %j', (context, text) => {
    expect(problems(context)).toBe(text)
  })

  test('choices are of a few words', () => {
    expect(problems({ fsGroupChangePolicy: 'OnRootMismatch', supplementalGroupsPolicy: 'Strict', seLinuxChangePolicy: 'Recursive' })).toBe('[]')
    expect(problems({ supplementalGroupsPolicy: '' })).toBe('s.supplementalGroupsPolicy: Unsupported value: "": supported values: "Merge", "Strict"')
  })

  test.each([
    ['DOMAIN\\user', '[]'],
    ['', 's.windowsOptions.runAsUserName: Invalid value: "": runAsUserName cannot be an empty string'],
    ['a\\b\\c', 's.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash'],
    ['..', "s.windowsOptions.runAsUserName: Invalid value: \"..\": runAsUserName's User cannot contain only periods or spaces"],
  ])('a user of Windows: %j', (runAsUserName, text) => {
    expect(problems({ windowsOptions: { runAsUserName } })).toBe(text)
  })

  test('SC4 all containers are HostProcess containers or none is, and then the network is the host’s', () => {
    const spec = { containers: [{ name: 'a', securityContext: { windowsOptions: { hostProcess: true } } }, { name: 'b' }] } as unknown as PodSpec
    expect(fieldErrorsText(validateHostProcess(spec, 'spec'))).toBe('[spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers, spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers]')
    expect(validateHostProcess({ ...spec, hostNetwork: true, securityContext: { windowsOptions: { hostProcess: true } } }, 'spec')).toEqual([])
  })
})
