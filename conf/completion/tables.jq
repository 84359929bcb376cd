# tables.jq: what "gatehouse help --json" says, as the arrays that gatehouse.bash and gatehouse.zsh look into.
# Keys are NOUN, NOUN/VERB and NOUN/VERB/--OPTION. A value is a list of words; @files, @folders; or @LIST, where
# "gatehouse LIST" prints what there is.

# What may stand where the help has PLACE, in the noun NOUN; null = anything.
def choices($place; $noun):
  if $place == null then null
  elif $place | test("^[a-z_]+([|][a-z_]+)+$") then $place | gsub("[|]"; " ")
  elif $place == "U" or $place == "USER" then "@user list"
  elif $place == "C" then "@client list"
  elif $place == "T" and $noun == "device" then "@device types"
  elif $place | test("^[[]?FILE") then "@files"
  elif $place | test("^[[]?(FOLDER|DIR)") then "@folders"
  elif $place == "ON" then "on off"
  elif $place | test("^[[]PROGRAM[]] [[]LEVEL") then "@log level"
  else null end;

def quoted: "'" + (tostring | gsub("'"; "'\\''")) + "'";
def row($key; $value): "\t[\($key)]=\($value | quoted)";
def table($name; rows): "typeset -gA \($name)=(\n" + ([rows] | join("\n")) + "\n)\n";

# A noun that can list what it has is asked for the ids that its verbs want.
def listed: any(.verbs[]; .verb == "list");

table("_gatehouse_verbs"; .[] | row(.noun; [.verbs[].verb] | join(" "))),
table("_gatehouse_usual"; .[] | select(.usual != null) | row(.noun; .usual)),
table("_gatehouse_options"; .[] | .noun as $noun | .verbs[] |
  row("\($noun)/\(.verb)"; [.options[] | "--" + .option + (if .value != null then "=" else "" end)] | join(" "))),
table("_gatehouse_values"; .[] | .noun as $noun | listed as $listed | .verbs[] | .verb as $verb |
  ((if $listed and ($verb | IN("add", "load") | not) and (.words | test("^(ID|NAME|SLOT)")) then "@\($noun) list"
    else choices(.words | if . == "" then null else . end; $noun) end) | select(. != null) | row("\($noun)/\($verb)"; .)),
  (.options[] | .option as $option |
    (if $option == "device" then "@device list" else choices(.value; $noun) end) | select(. != null) |
    row("\($noun)/\($verb)/--\($option)"; .)))
