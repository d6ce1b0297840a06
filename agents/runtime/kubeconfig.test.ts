import { describe, expect, it } from 'vitest'
import { readKubeconfigText } from './kubeconfig.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const text = (user = `client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}`) => `
apiVersion: v1
kind: Config
current-context: lab
contexts: [{name: lab, context: {cluster: c, user: u, namespace: work}}]
clusters: [{name: c, cluster: {server: "https://198.18.0.1:6443/", certificate-authority-data: ${base64('CA')}}}]
users: [{name: u, user: {${user}}}]
`

describe('kubeconfig', () => {
  it('KC1: reads what the current context points at', () => {
    expect(readKubeconfigText(text(), '/k')).toEqual({ server: 'https://198.18.0.1:6443', ca: 'CA', clientCert: 'CERT', clientKey: 'KEY', namespace: 'work' })
  })

  it.each([
    ['KC2', text().replace('current-context: lab', 'current-context: other'), 'kubeconfig /k: no context named "other"'],
    ['KC2', 'kind: Config', 'kubeconfig /k: no current-context'],
    ['KC3', text('exec: {command: x}'), 'kubeconfig /k: exec and auth-provider credentials are not supported'],
    ['KC1', text('client-certificate: /no/such/file'), 'kubeconfig /k: cannot read client-certificate'],
  ])('%s: refuses with what is wrong', (_rule, content, message) => {
    expect(() => readKubeconfigText(content, '/k')).toThrow(message)
  })
})
