# The request and status lines of the HTTP that passes an interface, by a socket filter:
#   GET / HTTP/1.1
#   HTTP/1.1 200 OK
#
#   sudo ruby http_snoop.rb [INTERFACE]
require "rbbcc"
require "socket"
include RbBCC

$stdout.sync = true
interface = ARGV[0] || "lo"

b = BCC.new(src_file: "http_snoop.c")
filter = b.load_func("http_filter", BPF::SOCKET_FILTER)
BCC.attach_raw_socket(filter, interface)
socket = Socket.for_fd(filter[:sock])
socket.autoclose = false

ETHERNET = 14

# The first line of the TCP payload of an Ethernet frame.
def first_line(frame)
  ip_header = (frame.getbyte(ETHERNET) & 0x0f) * 4
  ip_total = frame[ETHERNET + 2, 2].unpack1("n")
  tcp = ETHERNET + ip_header
  tcp_header = (frame.getbyte(tcp + 12) >> 4) * 4
  payload = frame[tcp + tcp_header...ETHERNET + ip_total]
  payload && payload[/\A[^\r\n]*/]
end

warn "http_snoop: attached" unless $stderr.tty?
begin
  loop do
    socket.wait_readable
    frame = socket.recv_nonblock(65_536, exception: false)
    next if frame == :wait_readable

    line = first_line(frame)
    puts line if line && !line.empty?
  end
rescue Interrupt
  puts
end
