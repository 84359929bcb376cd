# The words of gatehouse for bash, behind the tables that tables.jq makes of the tool's own help.

# KIND: what there is of it, one a line, as the instance of the command line says.
_gatehouse_there() {
	case $1 in
	@files | @folders) ;;
	@'log level') gatehouse "${_gatehouse_root[@]}" log level 2>/dev/null | sed '1d; s/ .*//' ;;
	@'device list' | @'grant list' | @'nodeserver list')
		gatehouse "${_gatehouse_root[@]}" ${1#@} ${_gatehouse_user:+--user "$_gatehouse_user"} 2>/dev/null | sed '1d; s/   *.*//' ;;
	@*) gatehouse "${_gatehouse_root[@]}" ${1#@} 2>/dev/null | sed '1d; s/   *.*//' ;;
	*) printf '%s\n' $1 ;;
	esac
}

# KIND PREFIX: offer what there is; PREFIX is what stands before it in the same word ("--user=").
# By hand, not by compgen -W: that would run what stands in a name as if it were typed.
_gatehouse_offer() {
	local word
	case $1 in
	@files) mapfile -t COMPREPLY < <(compgen -f -- "${_gatehouse_cur#"$2"}"); compopt -o filenames 2>/dev/null; return ;;
	@folders) mapfile -t COMPREPLY < <(compgen -d -- "${_gatehouse_cur#"$2"}"); compopt -o filenames 2>/dev/null; return ;;
	esac
	while IFS= read -r word; do
		[[ -z $word || $2$word != "$_gatehouse_cur"* ]] || COMPREPLY+=("$2$(printf %q "$word")")
	done < <(_gatehouse_there "$1")
}

# WORD KEY: does this option take its value from the next word?
_gatehouse_takes() {
	[[ $1 == --root ]] || [[ $1 == --* && " ${_gatehouse_options[$2]-} " == *" $1= "* ]]
}

_gatehouse() {
	local IFS=$' \t\n' _gatehouse_cur='' _gatehouse_user='' _gatehouse_root=() words noun='' verb='' key='' named='' open='' count=0 i word
	COMPREPLY=()
	read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
	[[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] || { _gatehouse_cur=${words[-1]}; unset 'words[-1]'; }
	for ((i = 1; i < ${#words[@]}; i++)); do
		word=${words[i]}
		if [[ -n $open ]]; then
			case $open in
			--root) _gatehouse_root=(--root "$word") ;;
			--user) _gatehouse_user=$word ;;
			esac
			open=''
		elif [[ $word == --root=* ]]; then _gatehouse_root=("$word")
		elif [[ $word == --user=* ]]; then _gatehouse_user=${word#*=}
		elif _gatehouse_takes "$word" "$key"; then open=$word
		elif [[ $word == --* ]]; then continue
		elif [[ -z $noun ]]; then
			noun=$word verb=${_gatehouse_usual[$noun]-}
			key=$noun${verb:+/$verb}
		elif [[ $noun == help && -n ${_gatehouse_verbs[$word]-} ]]; then verb=$word key=help/$word
		elif [[ $count == 0 && -z $named && " ${_gatehouse_verbs[$noun]-} " == *" $word "* ]]; then verb=$word key=$noun/$word named=1
		else count=$((count + 1))
		fi
	done
	if [[ $open == --root ]]; then _gatehouse_offer @folders ''
	elif [[ -n $open ]]; then _gatehouse_offer "${_gatehouse_values[$key/$open]-}" ''
	elif [[ $_gatehouse_cur == --*=* ]]; then
		word=${_gatehouse_cur%%=*}
		_gatehouse_offer "${_gatehouse_values[$key/$word]-}" "$word="
	elif [[ $_gatehouse_cur == -* ]]; then
		_gatehouse_offer "--root= --json --help ${_gatehouse_options[$key]-}" ''
		[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
	elif [[ -z $noun ]]; then _gatehouse_offer "${!_gatehouse_verbs[*]} help" ''
	elif [[ $noun == help && -z $verb ]]; then _gatehouse_offer "${!_gatehouse_verbs[*]}" ''
	elif [[ $noun == help ]]; then _gatehouse_offer "${_gatehouse_verbs[$verb]}" ''
	elif [[ $count == 0 && -z $named ]]; then _gatehouse_offer "${_gatehouse_verbs[$noun]-}" ''
	elif [[ $count == 0 ]]; then _gatehouse_offer "${_gatehouse_values[$key]-}" ''
	fi
	# Readline takes a word to begin behind its last = or colon: so does what it is given.
	word=${_gatehouse_cur%"${_gatehouse_cur##*[=:]}"}
	[[ -z $word ]] || COMPREPLY=("${COMPREPLY[@]#"$word"}")
}
complete -F _gatehouse gatehouse
