/** Completion scripts, made from the commands themselves: an option that is added is completed. */
import type { Command, Option } from 'commander';
import { FAIL_ON } from '../kinds';

export type Shell = 'bash' | 'zsh' | 'fish';

/** What may follow an option, or stand as an argument. */
type Values = { words: readonly string[] } | 'file' | 'directory' | 'none';

function valuesOf(option: Option): Values {
  if (option.argChoices) {
    return { words: option.argChoices };
  }
  if (option.long === '--fail-on') {
    return { words: FAIL_ON };
  }
  const placeholder = /<(\w+)>/.exec(option.flags)?.[1];
  return placeholder === 'dir'
    ? 'directory'
    : placeholder === 'file' || placeholder === 'path'
      ? 'file'
      : 'none';
}

function flagsOf(option: Option): string[] {
  return [option.short, option.long].filter((flag): flag is string => flag !== undefined);
}

function optionsOf(command: Command): Option[] {
  return [...command.createHelp().visibleOptions(command)];
}

/** Words that a command's own argument may be; undefined: a file. */
function argumentWords(command: Command): readonly string[] | undefined {
  return command.registeredArguments[0]?.argChoices;
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function bash(program: Command): string {
  const cases = program.commands.map((command) => {
    const options = optionsOf(command);
    const values = options.filter(takesValue).map((option) => {
      const known = valuesOf(option);
      const reply =
        known === 'none'
          ? 'COMPREPLY=()'
          : known === 'file'
            ? 'COMPREPLY=($(compgen -f -- "$current"))'
            : known === 'directory'
              ? 'COMPREPLY=($(compgen -d -- "$current"))'
              : `COMPREPLY=($(compgen -W '${known.words.join(' ')}' -- "$current"))`;
      return `        ${flagsOf(option).join('|')}) ${reply}; return ;;`;
    });
    const words = argumentWords(command);
    const rest =
      words === undefined
        ? 'COMPREPLY=($(compgen -c -f -- "$current"))'
        : `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$current"))`;
    return `    ${command.name()})
      case $previous in
${[...values, '        *) ;;'].join('\n')}
      esac
      if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W '${options.flatMap(flagsOf).join(' ')}' -- "$current"))
      else
        ${rest}
      fi ;;`;
  });
  return `# Completion of spaces for bash.
_spaces() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${[...program.commands.map((command) => command.name()), ...optionsOf(program).flatMap(flagsOf)].join(' ')}' -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
}
complete -o filenames -F _spaces spaces
`;
}

/** Text within single quotes of a shell. */
function quoted(text: string): string {
  return text.replaceAll("'", `'\\''`);
}

/** Text inside the brackets of _arguments. */
function described(text: string): string {
  return quoted(text).replace(/[[\]:]/g, '\\$&');
}

function zsh(program: Command): string {
  const cases = program.commands.map((command) => {
    const specs = optionsOf(command).flatMap((option) => {
      const known = valuesOf(option);
      const action =
        known === 'none'
          ? ' '
          : known === 'file'
            ? '_files'
            : known === 'directory'
              ? '_files -/'
              : `(${known.words.join(' ')})`;
      const value = takesValue(option) ? `:value:${action}` : '';
      return flagsOf(option).map((flag) => `'${flag}[${described(option.description)}]${value}'`);
    });
    const words = argumentWords(command);
    const rest = words === undefined ? "'*::arg:_normal'" : `'1:what:(${words.join(' ')})'`;
    return `    ${command.name()}) _arguments ${[...specs, rest].join(' \\\n      ')} ;;`;
  });
  return `#compdef spaces
# Completion of spaces for zsh.
_spaces() {
  local -a commands
  commands=(
${program.commands.map((command) => `    '${command.name()}:${described(command.summary())}'`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
compdef _spaces spaces
`;
}

function fish(program: Command): string {
  const names = program.commands.map((command) => command.name());
  const lines = program.commands.flatMap((command) => [
    `complete -c spaces -n "not __fish_seen_subcommand_from ${names.join(' ')}" -f -a ${command.name()} -d '${quoted(command.summary())}'`,
    ...optionsOf(command).map((option) => {
      const known = valuesOf(option);
      const value = !takesValue(option)
        ? ''
        : typeof known === 'object'
          ? ` -x -a '${known.words.join(' ')}'`
          : known === 'none'
            ? ' -x'
            : ' -r -F';
      const short = option.short ? ` -s ${option.short.slice(1)}` : '';
      const long = option.long ? ` -l ${option.long.slice(2)}` : '';
      return `complete -c spaces -n "__fish_seen_subcommand_from ${command.name()}"${short}${long}${value} -d '${quoted(option.description)}'`;
    }),
    ...(argumentWords(command)
      ? [
          `complete -c spaces -n "__fish_seen_subcommand_from ${command.name()}" -f -a '${argumentWords(command)?.join(' ') ?? ''}'`,
        ]
      : []),
  ]);
  return `# Completion of spaces for fish.\n${lines.join('\n')}\n`;
}

/** The script for a shell. */
export function completion(program: Command, shell: Shell): string {
  return { bash, zsh, fish }[shell](program);
}
