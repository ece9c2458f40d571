var menudata={children:[{text:"here",url:"index.html"},{text:"nowhere",url:"gone.html"}]}
