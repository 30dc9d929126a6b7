# Hashes a text with busybox.
i=0
while [ $i -lt $(($1 * 3)) ]; do
  busybox cat text text text text | busybox sha1sum
  i=$((i + 1))
done | busybox md5sum | { read -r sum rest; echo "checksum $sum"; }
