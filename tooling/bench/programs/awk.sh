# Counts words and sums numbers with busybox awk.
i=0
while [ $i -lt $1 ]; do
  busybox awk '{ for (i = 1; i <= NF; i++) { count[$i]++; length_sum += length($i) } } END { for (w in count) if (count[w] > most) most = count[w]; print NR, length_sum, most }' text
  i=$((i + 1))
done | busybox md5sum | { read -r sum rest; echo "checksum $sum"; }
