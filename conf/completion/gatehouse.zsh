#compdef gatehouse
# The words of gatehouse for zsh, behind the tables that tables.jq makes of the tool's own help.

# KIND: offer what there is of it, as the instance of the command line says.
_gatehouse_offer() {
	case $1 in
	@files) _files ;;
	@folders) _files -/ ;;
	@'log level') compadd -- ${${(f)"$(gatehouse $instance log level 2>/dev/null | sed 1d)"}%% *} ;;
	@'device list' | @'grant list' | @'nodeserver list')
		compadd -- ${${(f)"$(gatehouse $instance ${=1#@} ${owner:+--user=$owner} 2>/dev/null | sed 1d)"}%%  *} ;;
	@*) compadd -- ${${(f)"$(gatehouse $instance ${=1#@} 2>/dev/null | sed 1d)"}%%  *} ;;
	*) compadd -- ${=1} ;;
	esac
}

_gatehouse() {
	local noun verb key named open owner word cur=${words[CURRENT]} option
	local -a instance
	integer i count=0
	for ((i = 2; i < CURRENT; i++)); do
		word=${words[i]}
		if [[ -n $open ]]; then
			case $open in
			--root) instance=(--root $word) ;;
			--user) owner=${(Q)word} ;;
			esac
			open=
		elif [[ $word == --root=* ]]; then instance=($word)
		elif [[ $word == --user=* ]]; then owner=${(Q)word#*=}
		elif [[ $word == --root || ($word == --* && " ${_gatehouse_options[$key]} " == *" $word= "*) ]]; then open=$word
		elif [[ $word == --* ]]; then continue
		elif [[ -z $noun ]]; then
			noun=$word verb=${_gatehouse_usual[$noun]}
			key=$noun${verb:+/$verb}
		elif [[ $noun == help && -n ${_gatehouse_verbs[$word]} ]]; then verb=$word key=help/$word
		elif [[ $count == 0 && -z $named && " ${_gatehouse_verbs[$noun]} " == *" $word "* ]]; then verb=$word key=$noun/$word named=1
		else count+=1
		fi
	done
	if [[ $open == --root ]]; then _gatehouse_offer @folders
	elif [[ -n $open ]]; then _gatehouse_offer "${_gatehouse_values[$key/$open]}"
	elif [[ $cur == --*=* ]]; then
		option=${cur%%\=*}
		compset -P '*='
		_gatehouse_offer "${_gatehouse_values[$key/$option]}"
	elif [[ $cur == -* ]]; then
		compadd -- --json --help ${${=_gatehouse_options[$key]}:#*=}
		compadd -S '' -- --root= ${(M)${=_gatehouse_options[$key]}:#*=}
	elif [[ -z $noun ]]; then compadd -- ${(k)_gatehouse_verbs} help
	elif [[ $noun == help && -z $verb ]]; then compadd -- ${(k)_gatehouse_verbs}
	elif [[ $noun == help ]]; then _gatehouse_offer "${_gatehouse_verbs[$verb]}"
	elif [[ $count == 0 && -z $named ]]; then _gatehouse_offer "${_gatehouse_verbs[$noun]}"
	elif [[ $count == 0 ]]; then _gatehouse_offer "${_gatehouse_values[$key]}"
	fi
}
if [[ ${funcstack[1]} == _gatehouse ]]; then _gatehouse "$@"; else compdef _gatehouse gatehouse; fi
