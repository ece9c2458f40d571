// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

inline void send(stream& to) { to.async_write_some(bytes, done); }
boost::asio::posix::stream_descriptor elsewhere{executor, 3};

namespace TRIVIUM_EXPORT trivium {
void wait(detail::registration& at);
class loop : public detail::base {
  detail::base kept_;

 public:
  using base = detail::base;
  void run() { detail::run(*this); }
  detail::base const& kept() const;
};
}  // namespace trivium
