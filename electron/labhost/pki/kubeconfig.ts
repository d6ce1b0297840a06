/** Kubeconfig text with everything inlined, so that it works wherever it is copied. JSON is YAML, but people read these. */
export interface KubeconfigParts {
  readonly cluster: string
  readonly user: string
  readonly server: string
  /** PEM texts. */
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

export function renderKubeconfig(parts: KubeconfigParts): string {
  const context = `${parts.user}@${parts.cluster}`
  return `apiVersion: v1
kind: Config
clusters:
- name: ${parts.cluster}
  cluster:
    server: ${parts.server}
    certificate-authority-data: ${base64(parts.authority)}
users:
- name: ${parts.user}
  user:
    client-certificate-data: ${base64(parts.certificate)}
    client-key-data: ${base64(parts.key)}
contexts:
- name: ${context}
  context:
    cluster: ${parts.cluster}
    user: ${parts.user}
current-context: ${context}
preferences: {}
`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
