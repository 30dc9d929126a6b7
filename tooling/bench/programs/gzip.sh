# Compresses and expands a text with busybox.
i=0
while [ $i -lt $1 ]; do
  busybox gzip -c text | busybox gunzip -c | busybox cksum
  i=$((i + 1))
done | busybox cksum | { read -r sum rest; echo "checksum $sum"; }
