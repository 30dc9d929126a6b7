# Compresses and expands a text with busybox.
i=0
while [ $i -lt $(($1 * 2)) ]; do
  busybox gzip -c text | busybox gunzip -c | busybox md5sum
  i=$((i + 1))
done | busybox md5sum | { read -r sum rest; echo "checksum $sum"; }
