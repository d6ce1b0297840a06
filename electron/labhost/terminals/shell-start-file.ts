/**
 * What bash reads when a kubectl shell of a lab begins (`bash --rcfile`).
 *
 *   KS1  The user's own ~/.bashrc is read first; what the lab needs is set after it, so that it cannot be lost.
 *   KS2  The prompt names the lab and the namespace that kubectl will use; kubectl is asked again only when its configuration changed.
 *   KS3  The namespace is also told to the screen (OSC 7799), which opens objects by it.
 *   KS4  kubectl, and k, complete as kubectl itself says, with or without the bash-completion package.
 *   KS5  History goes into the lab's own file; no file of the user's is written.
 */
export interface ShellStart {
  readonly lab: string
  /** Absolute paths. */
  readonly kubeconfig: string
  readonly kubectl: string
  readonly history: string
}

export function shellStartFile({ lab, kubeconfig, kubectl, history }: ShellStart): string {
  return `[ -r ~/.bashrc ] && . ~/.bashrc
export KUBECONFIG=${quoted(kubeconfig)}
__kubarium_kubectl=${quoted(kubectl)}
HISTFILE=${quoted(history)}
shopt -s histappend checkwinsize
if [ "$(command -v kubectl)" != "$__kubarium_kubectl" ]; then kubectl() { "$__kubarium_kubectl" "$@"; }; fi
alias k=kubectl

__kubarium_prompt() {
  local status=$? configuration
  configuration="$KUBECONFIG $(cat \${KUBECONFIG//:/ } 2>/dev/null)"
  if [ "$configuration" != "$__kubarium_configuration" ]; then
    __kubarium_configuration=$configuration
    __kubarium_namespace=$("$__kubarium_kubectl" config view --minify -o 'jsonpath={..namespace}' 2>/dev/null)
    : "\${__kubarium_namespace:=default}"
  fi
  printf '\\033]7799;%s\\007' "$__kubarium_namespace"
  return $status
}
PROMPT_COMMAND=__kubarium_prompt
PS1='\\[\\033[1;36m\\]'${quoted(lab)}'\\[\\033[0m\\] \\[\\033[33m\\]$__kubarium_namespace\\[\\033[0m\\] \\$ '

if ! declare -F _get_comp_words_by_ref >/dev/null; then
  # Words as the completion wants them, where nothing of bash's own list is a word break: = and : belong to a word.
  _get_comp_words_by_ref() {
    local line=\${COMP_LINE:0:$COMP_POINT}
    read -r -a words <<<"$line"
    case $line in *[[:space:]]) words+=('') ;; esac
    cword=$((\${#words[@]} - 1))
    cur=\${words[cword]}
    prev=\${words[cword > 0 ? cword - 1 : 0]}
  }
fi
if ! declare -F __ltrim_colon_completions >/dev/null; then
  __ltrim_colon_completions() {
    case $1 in *:*) ;; *) return ;; esac
    local before=\${1%"\${1##*:}"} at
    for at in "\${!COMPREPLY[@]}"; do COMPREPLY[at]=\${COMPREPLY[at]#"$before"}; done
  }
fi
. <("$__kubarium_kubectl" completion bash 2>/dev/null)
declare -F __start_kubectl >/dev/null && complete -o default -F __start_kubectl k
`
}

/** One word of the shell, whatever is in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
