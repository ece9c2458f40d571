// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// trivium-bench-alone NEAR FAR: a ping-pong of 64 bytes between two processes on these processors, written by
// hand and with nothing of the instrument in it. Prints the median round trip in nanoseconds. What the
// instrument says of the arm posix is held against it.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

using steady = std::chrono::steady_clock;

static void move_to(char const* processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(std::atoi(processor), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) std::exit(1);
}

static bool all(int socket, char* bytes, bool sending) {
  for (ssize_t done = 0, n = 0; done < 64; done += n) {
    n = sending ? send(socket, bytes + done, std::size_t(64 - done), MSG_NOSIGNAL)
                : recv(socket, bytes + done, std::size_t(64 - done), 0);
    if (n <= 0) return false;
  }
  return true;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  char bytes[64] = {};
  int const on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int const listening = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listening, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listening, 1) != 0)
    return 1;
  getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
  if (fork() == 0) {
    move_to(argv[2]);
    int const far = accept(listening, nullptr, nullptr);
    setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(far, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
    while (all(far, bytes, false) && all(far, bytes, true)) {
    }
    return 0;
  }
  move_to(argv[1]);
  int const near = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(near, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
  if (connect(near, reinterpret_cast<sockaddr*>(&address), size) != 0) return 1;
  std::vector<long> trips;
  trips.reserve(1 << 18);
  auto last = steady::now();
  auto const begin = last + std::chrono::milliseconds(100);
  for (auto const end = begin + std::chrono::milliseconds(250); last < end;) {
    if (!all(near, bytes, true) || !all(near, bytes, false)) return 1;
    auto const now = steady::now();
    if (now >= begin && trips.size() < trips.capacity()) trips.push_back((now - last).count());
    last = now;
  }
  close(near);
  wait(nullptr);
  std::nth_element(trips.begin(), trips.begin() + long(trips.size() / 2), trips.end());
  std::printf("%ld\n", trips[trips.size() / 2]);
}
