// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/tls/context.hpp>

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/test/unit_test.hpp>
#include <certificates.hpp>
#include <fstream>
#include <printing.hpp>
#include <tls_pair.hpp>

using namespace trivium;
using trivium::test::certificates;

namespace {

certificates const& have() {
  return certificates::here();
}
std::string file(std::string const& name, std::string const& text) {
  auto const path = have().folder + '/' + name;
  std::ofstream{path} << text;
  return path;
}
bool says(tls_problem const& problem, std::string const& word) {
  return problem.message().find(word) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_verifies_unless_it_is_told_not_to) {
  for (auto const check : {tls_check::certificate_and_host, tls_check::certificate})
    BOOST_TEST(SSL_CTX_get_verify_mode(tls_client_context::make({.check = check}).value().native_handle()) ==
               SSL_VERIFY_PEER);
  BOOST_TEST(SSL_CTX_get_verify_mode(tls_client_context::make().value().native_handle()) == SSL_VERIFY_PEER);
  BOOST_TEST(SSL_CTX_get_verify_mode(
                 tls_client_context::make({.check = tls_check::nothing}).value().native_handle()) ==
             SSL_VERIFY_NONE);
}

BOOST_AUTO_TEST_CASE(nothing_older_than_tls_1_2_and_no_renegotiation) {
  auto const client = tls_client_context::make().value();
  auto const server = tls_server_context::make({.certificate_file = have().good.certificate_file,
                                                .key_file = have().good.key_file})
                          .value();
  for (auto* const context : {client.native_handle(), server.native_handle()}) {
    BOOST_TEST(SSL_CTX_get_min_proto_version(context) == TLS1_2_VERSION);
    BOOST_TEST((SSL_CTX_get_options(context) & SSL_OP_NO_RENEGOTIATION) != 0u);
    BOOST_TEST((SSL_CTX_get_options(context) & SSL_OP_NO_COMPRESSION) != 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_named) {
  auto const client = tls_client_context::make({.ca_file = "/no/such/issuers.pem"});
  BOOST_REQUIRE(client.has_error());
  BOOST_TEST(client.error().message() == "ca_file /no/such/issuers.pem: No such file or directory");
  auto const server = tls_server_context::make({.certificate_file = "/no/such/it.pem"});
  BOOST_REQUIRE(server.has_error());
  BOOST_TEST(server.error().message() == "certificate_file /no/such/it.pem: No such file or directory");
  auto const keyless = tls_server_context::make({.certificate_file = have().good.certificate_file});
  BOOST_REQUIRE(keyless.has_error());
  BOOST_TEST(keyless.error().message() == "key_file: none is given: Invalid argument");
  auto const nothing = tls_server_context::make({});
  BOOST_REQUIRE(nothing.has_error());
  BOOST_TEST(nothing.error().message() == "certificate_file: none is given: Invalid argument");
}

BOOST_AUTO_TEST_CASE(a_file_that_holds_something_else_is_named) {
  auto const letter = file("letter.txt", "Dear reader\n");
  auto const client = tls_client_context::make({.ca_file = letter});
  BOOST_REQUIRE(client.has_error());
  BOOST_TEST(says(client.error(), "ca_file " + letter + ": TLS: no "));
  auto const nobody = tls_server_context::make({.certificate_file = letter});
  BOOST_REQUIRE(nobody.has_error());
  BOOST_TEST(
      says(nobody.error(), "certificate_file " + letter + ": TLS: no start line (is it a file in PEM"));
  auto const server =
      tls_server_context::make({.certificate_file = have().good.certificate_file, .key_file = letter});
  BOOST_REQUIRE(server.has_error());
  BOOST_TEST(says(server.error(), "key_file " + letter + ": TLS: unsupported (is it a file in PEM format"));
  BOOST_TEST(server.error().error.category() == tls_category());
}

BOOST_AUTO_TEST_CASE(a_key_of_another_certificate_is_refused) {
  auto const server = tls_server_context::make(
      {.certificate_file = have().good.certificate_file, .key_file = have().expired.key_file});
  BOOST_REQUIRE(server.has_error());
  BOOST_TEST(says(server.error(), "key_file " + have().expired.key_file + ": TLS: key values mismatch"));
}

// OpenSSL keeps a place for each kind, and compares within it only.
BOOST_AUTO_TEST_CASE(a_key_of_another_kind_than_the_certificate_is_refused) {
  auto const key = have().folder + "/rsa.key";
  BOOST_REQUIRE(std::system(("openssl genpkey -quiet -algorithm RSA -out " + key).c_str()) == 0);
  auto const server =
      tls_server_context::make({.certificate_file = have().good.certificate_file, .key_file = key});
  BOOST_REQUIRE(server.has_error());
  BOOST_TEST(says(server.error(), "key_file " + key));
}

// OpenSSL would ask for its pass phrase at the terminal, and a program without one would wait for ever.
BOOST_AUTO_TEST_CASE(a_key_with_a_pass_phrase_is_refused) {
  auto const key = have().folder + "/locked.key";
  BOOST_REQUIRE(
      std::system(("openssl pkey -aes128 -passout pass:secret -in " + have().good.key_file + " -out " + key)
                      .c_str()) == 0);
  auto const server =
      tls_server_context::make({.certificate_file = have().good.certificate_file, .key_file = key});
  BOOST_REQUIRE(server.has_error());
  BOOST_TEST(says(server.error(), "key_file " + key));
}

BOOST_AUTO_TEST_CASE(protocols_are_names_with_commas_between) {
  BOOST_TEST(tls_client_context::make({.alpn = "h2,http/1.1"}).has_value());
  for (auto const* const wrong : {",", "h2,", ",h2", "h2,,http/1.1"}) {
    auto const client = tls_client_context::make({.alpn = wrong});
    BOOST_REQUIRE(client.has_error());
    BOOST_TEST(says(client.error(), std::string{"alpn \""} + wrong));
  }
  std::string const long_name(256, 'x');
  BOOST_TEST(tls_client_context::make({.alpn = long_name}).has_error());
}

BOOST_AUTO_TEST_CASE(copies_share_what_they_hold) {
  auto const first = tls_client_context::make().value();
  auto const second = first;
  BOOST_TEST(first.native_handle() == second.native_handle());
}

BOOST_AUTO_TEST_CASE(one_of_asios_is_shared_and_keeps_what_it_was_told) {
  namespace ssl = boost::asio::ssl;
  auto const& good = have().good;
  ssl::context server{ssl::context::tls_server}, client{ssl::context::tls_client};
  server.use_certificate_chain_file(good.certificate_file);
  server.use_private_key_file(good.key_file, ssl::context::pem);
  client.load_verify_file(have().ca_file);
  client.set_verify_mode(ssl::verify_peer);
  auto const trust = tls_client_context::of(client.native_handle());
  auto const who = tls_server_context::of(server.native_handle());
  BOOST_TEST(trust.native_handle() == client.native_handle());
  BOOST_TEST(SSL_CTX_get_min_proto_version(client.native_handle()) == TLS1_2_VERSION);
  {
    test::tls_pair ends{trust, "localhost", who};
    ends.shake();
    BOOST_TEST(trivium::test::no_error(ends.of_client));
    BOOST_TEST(trivium::test::no_error(ends.of_server));
  }
  test::tls_pair others{trust, "elsewhere.test", who};
  others.shake();
  BOOST_TEST(others.of_client.error.category() == tls_verification_category());
}
