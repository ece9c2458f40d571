// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/endpoint.hpp>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <printing.hpp>
#include <string>

using namespace trivium;
using namespace std::string_literals;
namespace asio = boost::asio;

BOOST_AUTO_TEST_CASE(no_address_has_no_family) {
  BOOST_TEST(endpoint{}.family() == AF_UNSPEC);
  BOOST_TEST(endpoint{}.port() == 0);
  BOOST_TEST(endpoint{}.to_string() == "(no address)");
}

BOOST_AUTO_TEST_CASE(a_numeric_address_and_a_port) {
  auto const v4 = endpoint::tcp("127.0.0.1", 80).value();
  BOOST_TEST(v4.family() == AF_INET);
  BOOST_TEST(v4.port() == 80);
  BOOST_TEST(v4.to_string() == "127.0.0.1:80");
  auto const v6 = endpoint::tcp("::1", 65535).value();
  BOOST_TEST(v6.family() == AF_INET6);
  BOOST_TEST(v6.port() == 65535);
  BOOST_TEST(v6.to_string() == "[::1]:65535");
  BOOST_TEST(endpoint::tcp("[::1]", 65535).value() == v6);
}

BOOST_AUTO_TEST_CASE(a_link_local_address_keeps_its_scope) {
  auto const scoped = endpoint::tcp("fe80::1%lo", 1);
  BOOST_REQUIRE(scoped.has_value());
  BOOST_TEST(scoped->to_string() == "[fe80::1%1]:1");
}

BOOST_AUTO_TEST_CASE(what_is_no_numeric_address_is_einval_and_nobody_is_asked) {
  for (auto const* text : {"localhost", "example.org", "1.2.3.4.5", "", "127.0.0.1:80", "::1]", "[::1",
                           "[1.2.3.4]", "[]", "1", "1.2.3", "010.0.0.1", "0x7f.0.0.1", " 127.0.0.1"})
    BOOST_TEST(endpoint::tcp(text, 80).error() == (error_code{EINVAL, boost::system::system_category()}),
               "accepted '" << text << "'");
}

// Where C's strings end, another address would begin.
BOOST_AUTO_TEST_CASE(a_zero_byte_cuts_no_address) {
  error_code const invalid{EINVAL, boost::system::system_category()};
  BOOST_TEST(endpoint::tcp("127.0.0.1\0.example"s, 80).error() == invalid);
  BOOST_TEST(endpoint::local("/run/a\0b"s).error() == invalid);
}

BOOST_AUTO_TEST_CASE(a_path_may_have_107_bytes) {
  auto const longest = endpoint::local("/"s + std::string(106, 'x'));
  BOOST_REQUIRE(longest.has_value());
  BOOST_TEST(longest->family() == AF_UNIX);
  BOOST_TEST(longest->port() == 0);
  BOOST_TEST(longest->to_string() == "/"s + std::string(106, 'x'));
  auto const longer = endpoint::local("/"s + std::string(107, 'x'));
  BOOST_TEST(longer.error() == (error_code{ENAMETOOLONG, boost::system::system_category()}));
}

BOOST_AUTO_TEST_CASE(an_abstract_name_is_as_long_as_it_says) {
  auto const name = endpoint::local("\0a name"s).value();
  BOOST_TEST(name.to_string() == "@a name");
  BOOST_TEST(name != endpoint::local("\0a nam"s).value());
  BOOST_TEST(name == endpoint::local("\0a name"s).value());
}

BOOST_AUTO_TEST_CASE(asios_endpoints_convert) {
  asio::ip::tcp::endpoint const tcp{asio::ip::make_address("127.0.0.1"), 80};
  asio::local::stream_protocol::endpoint const local{"/run/socket"};
  asio::generic::stream_protocol::endpoint const generic{tcp};
  BOOST_TEST(endpoint{tcp} == endpoint::tcp("127.0.0.1", 80).value());
  BOOST_TEST(endpoint{local}.to_string() == "/run/socket");
  BOOST_TEST(endpoint{local} == endpoint::local("/run/socket").value());  // which ends with a zero
  BOOST_TEST(endpoint{generic} == endpoint{tcp});
}

BOOST_AUTO_TEST_CASE(endpoints_are_equal_when_address_and_port_are) {
  auto const one = endpoint::tcp("127.0.0.1", 80).value();
  BOOST_TEST(one == (endpoint{one.data(), one.size()}));
  BOOST_TEST(one != endpoint::tcp("127.0.0.1", 81).value());
  BOOST_TEST(one != endpoint::tcp("127.0.0.2", 80).value());
  BOOST_TEST(one != endpoint::tcp("::1", 80).value());
  BOOST_TEST(endpoint{} == endpoint{});
}

BOOST_AUTO_TEST_CASE(it_converts_to_asios_endpoints_and_back) {
  namespace asio = boost::asio;
  for (auto const* text : {"127.0.0.1", "::1"}) {
    auto const ours = endpoint::tcp(text, 80).value();
    asio::ip::tcp::endpoint const of_tcp = ours;
    BOOST_TEST(of_tcp.address().to_string() == text);
    BOOST_TEST(of_tcp.port() == 80U);
    asio::generic::stream_protocol::endpoint const generic = ours;
    BOOST_TEST(endpoint{of_tcp} == ours);
    BOOST_TEST(endpoint{generic} == ours);
    BOOST_CHECK_THROW(static_cast<void>(asio::local::stream_protocol::endpoint(ours)),
                      boost::system::system_error);
  }
  auto const path = endpoint::local("/run/x").value();
  asio::local::stream_protocol::endpoint const of_unix = path;
  BOOST_TEST(of_unix.path() == "/run/x");
  BOOST_TEST(endpoint{of_unix} == path);
  BOOST_CHECK_THROW(static_cast<void>(asio::ip::tcp::endpoint(path)), boost::system::system_error);
  BOOST_CHECK_THROW(static_cast<void>(asio::ip::tcp::endpoint(endpoint{})), boost::system::system_error);
}
