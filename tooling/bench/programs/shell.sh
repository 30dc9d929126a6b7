# A loop of busybox sh: arithmetic, string operations, a function, no processes.
step() {
  case $1 in
    *[13579]) value=$((value * 3 + $1)) ;;
    *) value=$((value ^ $1)) ;;
  esac
  value=$((value & 0xffffff))
}
value=1
i=0
end=$(($1 * 700))
while [ $i -lt $end ]; do
  step $i
  word=word-$i
  [ "${word#*-}" = "$i" ] || exit 1
  i=$((i + 1))
done
echo "checksum $value"
